package org.understudy.demo.bench.iscsi;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.demo.bench.Median;

/**
 * What the benchmark found, in the shape of its JSON file. Rates in 10^6 bytes a second.
 *
 * @param directory where the disks lay
 * @param comparisons one for each workload and pair of sides
 */
public record IscsiFigures(
        String java, int processors, String directory, long diskBytes, int rounds, List<Comparison> comparisons) {

    /**
     * One side's rounds.
     *
     * @param cpuPerGigabyte CPU seconds of the side that is measured, for 10^9 bytes
     */
    public record Side(String name, double rate, double slowest, double fastest, double cpuPerGigabyte) {}

    /**
     * Ours beside a peer.
     *
     * @param kind what is compared: target, initiator, tls, copy
     * @param ratio our rate by the peer's
     * @param requiredRatio the least that is wanted, or null if only shown
     * @param cpuRatio our CPU by the peer's
     * @param allowedCpuRatio the most that is allowed, or null if only shown
     */
    public record Comparison(
            String kind,
            String workload,
            String through,
            Side ours,
            Side peer,
            double ratio,
            @Nullable Double requiredRatio,
            double cpuRatio,
            @Nullable Double allowedCpuRatio) {

        public boolean met() {
            return (requiredRatio == null || ratio >= requiredRatio)
                    && (allowedCpuRatio == null || cpuRatio <= allowedCpuRatio);
        }
    }

    static Side side(String name, List<Sample> samples, java.util.function.ToDoubleFunction<Sample> cpuPerGigabyte) {
        double[] range = Median.range(samples, Sample::rate);
        return new Side(name, Median.of(samples, Sample::rate), range[0], range[1], Median.of(samples, cpuPerGigabyte));
    }

    static Comparison compare(
            String kind,
            String workload,
            String through,
            Side ours,
            Side peer,
            @Nullable Double required,
            @Nullable Double allowedCpu) {
        return new Comparison(
                kind,
                workload,
                through,
                ours,
                peer,
                ours.rate() / peer.rate(),
                required,
                peer.cpuPerGigabyte() == 0 ? 0 : ours.cpuPerGigabyte() / peer.cpuPerGigabyte(),
                allowedCpu);
    }
}
