package org.understudy.demo.bench.iscsi;

/**
 * One round of a workload.
 *
 * @param bytes moved
 * @param seconds wall time from the first request to the last answer
 * @param driverCpuSeconds CPU of the initiator
 * @param targetCpuSeconds CPU of the target's process meanwhile
 */
public record Sample(long bytes, double seconds, double driverCpuSeconds, double targetCpuSeconds) {

    /** Megabytes (10^6 bytes) a second. */
    public double rate() {
        return bytes / seconds / 1e6;
    }

    public double driverCpuPerGigabyte() {
        return driverCpuSeconds / (bytes / 1e9);
    }

    public double targetCpuPerGigabyte() {
        return targetCpuSeconds / (bytes / 1e9);
    }
}
