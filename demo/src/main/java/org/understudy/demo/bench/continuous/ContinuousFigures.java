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
        Footprint footprint,
        Throughput throughput,
        List<PointOpening.Opened> opened,
        List<Goal> goals) {

    /** What the database did, and what of it reached the disk. */
    public record Load(
            double transactionsPerSecond, double writtenBytesPerSecond, double sentBytesPerSecond, long commits) {}

    /** How old the protected data was, as the appliance measured it. */
    public record Age(double p50, double p99, double worst, int points, int overlaps, double kept) {}

    public record Cycles(int count, double p50, double p95, double worst, List<Step> steps) {}

    /** Median time in a state of the run. */
    public record Step(String state, double seconds) {}

    /** @param processors part of one processor that the agent used on average */
    public record Footprint(
            double processors, long idleBytes, long runningBytes, long watchdogBytes, double serverProcessors) {}

    /** Transactions per second in turns, with the policy and without. */
    public record Throughput(List<Double> with, List<Double> without, double ratio) {}

    /** One goal of the acceptance. */
    public record Goal(String name, double value, double limit, boolean met) {}
}
