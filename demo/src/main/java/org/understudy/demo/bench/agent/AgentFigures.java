package org.understudy.demo.bench.agent;

import java.util.List;
import org.understudy.demo.bench.Median;

/**
 * What the benchmark found, in the shape of its JSON file. Times in seconds.
 *
 * @param dataBytes of the file on the protected disk, of which a part was overwritten before each round
 */
public record AgentFigures(
        String java,
        int processors,
        long seed,
        long dataBytes,
        double changedPart,
        int rounds,
        List<Side> sides,
        List<Comparison> comparisons) {

    /** How many times faster a tracked increment has to be than each other way. */
    static final double GOAL = 10;

    /** One way of backing up. */
    public record Side(
            String name,
            Contender.Sample first,
            List<Contender.Sample> increments,
            double seconds,
            double cpuSeconds,
            long readBytes,
            long storedBytes) {}

    /**
     * The tracked increment beside another way, medians of all rounds.
     *
     * @param times how many times longer the other takes
     * @param readTimes how many times more bytes it reads
     */
    public record Comparison(String against, double times, double readTimes, double goal, boolean met) {}

    static Side side(String name, Contender.Sample first, List<Contender.Sample> increments) {
        return new Side(
                name,
                first,
                List.copyOf(increments),
                Median.of(increments, Contender.Sample::seconds),
                Median.of(increments, Contender.Sample::cpuSeconds),
                Math.round(Median.of(increments, Contender.Sample::readBytes)),
                Math.round(Median.of(increments, Contender.Sample::storedBytes)));
    }

    static Comparison compare(Side tracked, Side other) {
        double times = other.seconds() / tracked.seconds();
        return new Comparison(
                other.name(),
                times,
                (double) other.readBytes() / Math.max(1, tracked.readBytes()),
                GOAL,
                times >= GOAL);
    }
}
