package org.understudy.server.recovery.internal;

import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.recovery.Takeover;
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
     * @param processors of the appliance: a machine never gets more than that
     * @param name what a tenant is called in a refusal
     * @throws org.understudy.core.problem.ProblemException {@code MEMORY_TAKEN}, {@code CPUS_TAKEN}
     */
    static Sizing choose(
            HostFacts facts,
            OptionalInt askedCpus,
            OptionalLong askedMemory,
            Mode mode,
            int processors,
            Room room,
            Function<Takeover, String> name) {
        int most = Math.max(1, Math.min(askedCpus.orElse(facts.cpus()), processors));
        // Left to the appliance, fewer processors are slower but still a machine.
        int cpus = askedCpus.isPresent() ? most : (int) Math.clamp(room.cpus().freeFor(mode), 1, most);
        long free = room.memory().freeFor(mode);
        if (askedMemory.isPresent()) {
            return checked(cpus, wholeMebibytes(askedMemory.getAsLong()), "", mode, room, name);
        }
        long wanted = Math.max(LEAST_BYTES, wholeMebibytes(facts.memoryBytes()));
        if (wanted <= free) {
            return checked(cpus, wanted, "", mode, room, name);
        }
        // A drill leaves room for the next one; a takeover is the emergency that the memory is there for.
        long memory = Math.max(LEAST_BYTES, wholeMebibytes(mode == Mode.DRILL ? free / 2 : free));
        String reason = "memory " + new ByteSize(memory) + " instead of the host's " + new ByteSize(wanted)
                + ", which the appliance does not have free";
        return checked(cpus, memory, reason, mode, room, name);
    }

    private static Sizing checked(
            int cpus, long memory, String reason, Mode mode, Room room, Function<Takeover, String> name) {
        room.require(memory, cpus, mode, name);
        return new Sizing(cpus, memory, reason);
    }

    private static long wholeMebibytes(long bytes) {
        return bytes / MEBIBYTE * MEBIBYTE;
    }
}
