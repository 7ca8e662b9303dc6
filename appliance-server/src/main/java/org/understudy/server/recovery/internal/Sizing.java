package org.understudy.server.recovery.internal;

import java.util.OptionalInt;
import java.util.OptionalLong;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.hypervisor.Capacity;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.recovery.Takeover.Mode;

/**
 * Processors and memory of a takeover.
 *
 * @param reason for people; empty if it is as the host has or as requested
 */
record Sizing(int cpus, long memoryBytes, String reason) {

    static final long LEAST_BYTES = 128L << 20;
    private static final long MEBIBYTE = 1L << 20;

    /**
     * @param promisedBytes memory of takeovers that were accepted and do not run yet
     * @throws org.understudy.core.problem.ProblemException {@code NOT_ENOUGH_MEMORY}
     */
    static Sizing choose(
            HostFacts facts,
            OptionalInt askedCpus,
            OptionalLong askedMemory,
            Mode mode,
            Capacity capacity,
            long promisedBytes) {
        int cpus = Math.max(1, Math.min(askedCpus.orElse(facts.cpus()), capacity.cpus()));
        long free = Math.max(0, capacity.free().bytes() - promisedBytes);
        if (askedMemory.isPresent()) {
            long memory = wholeMebibytes(askedMemory.getAsLong());
            require(memory, free);
            return new Sizing(cpus, memory, "");
        }
        long wanted = Math.max(LEAST_BYTES, wholeMebibytes(facts.memoryBytes()));
        if (wanted <= free) {
            return new Sizing(cpus, wanted, "");
        }
        // A drill leaves room for the next one; a takeover is the emergency that the memory is there for.
        long share = mode == Mode.DRILL ? Math.max(LEAST_BYTES, free / 2) : free;
        long memory = wholeMebibytes(share);
        require(Math.max(memory, LEAST_BYTES), free);
        return new Sizing(
                cpus,
                memory,
                "memory " + new ByteSize(memory) + " instead of the host's " + new ByteSize(wanted)
                        + ", which the appliance does not have free");
    }

    private static void require(long memory, long free) {
        if (memory > free) {
            throw Problem.of(
                            ProblemCode.NOT_ENOUGH_MEMORY,
                            "needed",
                            new ByteSize(memory).toString(),
                            "available",
                            new ByteSize(free).toString())
                    .asException();
        }
    }

    private static long wholeMebibytes(long bytes) {
        return bytes / MEBIBYTE * MEBIBYTE;
    }
}
