package org.understudy.demo.bench.takeover;

import java.util.List;
import org.understudy.demo.bench.Median;

/**
 * What the benchmark found, in the shape of its JSON file. Times in seconds.
 *
 * @param accelerator {@code KVM} or {@code EMULATION}
 */
public record TakeoverFigures(String java, int processors, String accelerator, int rounds, List<Disk> disks) {

    /** Limits of the excess over a direct start. */
    static final double RUNNING_EXCESS = 1;

    static final double ANSWER_EXCESS = 2;

    /** One start: from the request to the machine that runs, and to its first answer over HTTP. */
    public record Start(double running, double answer) {}

    /** Half of the starts took at most p50, 95 of 100 at most p95. */
    public record Spread(double p50, double p95, double worst) {}

    /**
     * One disk.
     *
     * @param runningExcess what a takeover takes more than a direct start until the machine runs, in the middle
     * @param answerExcess the same until the first answer
     */
    public record Disk(
            String name,
            long diskBytes,
            Spread takeoverRunning,
            Spread takeoverAnswer,
            Spread directRunning,
            Spread directAnswer,
            double runningExcess,
            double answerExcess) {

        public boolean met() {
            return runningExcess <= RUNNING_EXCESS && answerExcess <= ANSWER_EXCESS;
        }
    }

    static Disk disk(String name, long diskBytes, List<Start> takeovers, List<Start> direct) {
        return new Disk(
                name,
                diskBytes,
                spread(takeovers.stream().map(Start::running).toList()),
                spread(takeovers.stream().map(Start::answer).toList()),
                spread(direct.stream().map(Start::running).toList()),
                spread(direct.stream().map(Start::answer).toList()),
                Median.of(takeovers, Start::running) - Median.of(direct, Start::running),
                Median.of(takeovers, Start::answer) - Median.of(direct, Start::answer));
    }

    private static Spread spread(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return new Spread(
                Median.of(values, value -> value),
                sorted.get((int) Math.ceil(sorted.size() * 0.95) - 1),
                sorted.get(sorted.size() - 1));
    }
}
