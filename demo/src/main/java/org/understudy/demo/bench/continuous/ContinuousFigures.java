package org.understudy.demo.bench.continuous;

import java.util.List;

/** What the benchmark found, in the shape of its JSON file. Times in seconds, memory in bytes. */
public record ContinuousFigures(
        String java,
        int processors,
        double minutes,
        long intervalSeconds,
        Load load,
        Age age,
        Cycles cycles,
        Freezes freezes,
        Footprint footprint,
        Throughput throughput,
        List<PointOpening.Opened> opened,
        List<Goal> goals) {

    /** What the database did, what of it reached the disk, and how long its clients waited for a transaction. */
    public record Load(
            double transactionsPerSecond,
            double writtenBytesPerSecond,
            double sentBytesPerSecond,
            long commits,
            double latencyP50,
            double latencyP99,
            double latencyWorst) {}

    /** How old the protected data was, as the appliance measured it. */
    public record Age(double p50, double p99, double worst, int points, int overlaps, double kept) {}

    public record Cycles(int count, double p50, double p95, double worst, List<Step> steps) {}

    /** Median time in a state of the run. */
    public record Step(String state, double seconds) {}

    /**
     * How long file systems were frozen, and medians of what led to it.
     *
     * @param call of it the call that freezes; then taking the marks, then reading, of that the used space
     * @param frozenBytes read while frozen
     * @param syncing before the freeze, while applications go on
     * @param roundBytes read before the freeze
     */
    public record Freezes(
            int count,
            double p50,
            double p99,
            double worst,
            double call,
            double marks,
            double reading,
            double usedSpace,
            long frozenBytes,
            long syncs,
            double syncing,
            double syncingP99,
            long rounds,
            long roundBytes) {}

    /**
     * @param processors part of one processor that the agent used on average
     * @param idle memory of agent and freeze watchdog, each page counted once ({@code Pss} of proc_pid_smaps_rollup(5))
     * @param running the largest such sum while cycles went on
     * @param idleResident as {@code VmRSS} tells it for the agent alone, and so on
     */
    public record Footprint(
            double processors,
            long idle,
            long running,
            long idleResident,
            long runningResident,
            long watchdogResident,
            double serverProcessors) {}

    /** Transactions per second in turns, with the policy and without. */
    public record Throughput(List<Double> with, List<Double> without, double ratio) {}

    /** One goal of the acceptance. */
    public record Goal(String name, double value, double limit, boolean met) {}
}
