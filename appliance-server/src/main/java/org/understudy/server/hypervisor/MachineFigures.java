package org.understudy.server.hypervisor;

/** Asks the machine that the appliance runs on what it has. Thread-safe. */
@FunctionalInterface
public interface MachineFigures {

    /**
     * What there is now.
     *
     * @param cpus processors that may be used
     * @param memoryBytes memory that may be used, whoever uses it
     * @param availableBytes what could be taken now without ousting anybody
     */
    record Figures(int cpus, long memoryBytes, long availableBytes) {}

    /** @throws java.io.UncheckedIOException if the kernel does not tell */
    Figures now();
}
