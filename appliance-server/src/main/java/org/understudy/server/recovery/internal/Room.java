package org.understudy.server.recovery.internal;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.Capacity;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.recovery.MachineRoom;
import org.understudy.server.recovery.RecoverySettings;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.State;

/**
 * What machines may have, and who has it. Drills leave a part for takeovers: of the reserve they get nothing that a takeover does
 * not use already. Pure.
 *
 * @param processors of the appliance
 * @param cpus virtual processors: every real one stands for several
 * @param tenants takeovers and drills that hold memory and processors, running or about to
 */
record Room(int processors, Supply memory, Supply cpus, List<Takeover> tenants) {

    private static final int NAMED = 5;

    /**
     * Memory in bytes, or virtual processors.
     *
     * @param total what machines may have together
     * @param free what none of them has and the appliance can give now
     * @param takeovers what takeovers hold; {@code drills} likewise
     * @param reserve what is meant for takeovers, used or not
     */
    record Supply(long total, long free, long takeovers, long drills, long reserve) {

        /** The part of the reserve that a machine of this mode must leave. */
        long keptFrom(Mode mode) {
            return mode == Mode.DRILL ? Math.max(0, reserve - takeovers) : 0;
        }

        long freeFor(Mode mode) {
            return Math.max(0, free - keptFrom(mode));
        }

        /** What neither machines of ours hold nor is free: other programs, other machines. */
        long others() {
            return Math.max(0, total - free - takeovers - drills);
        }
    }

    /**
     * @param unfinished read before {@code capacity}: a machine that starts in between then counts twice, never not at all
     */
    static Room of(Collection<Takeover> unfinished, Capacity capacity, RecoverySettings settings) {
        List<Takeover> tenants =
                unfinished.stream().filter(one -> holds(one.state())).toList();
        long promised = tenants.stream()
                .filter(one -> TakeoverStates.isBeforeRunning(one.state()))
                .mapToLong(Takeover::memoryBytes)
                .sum();
        long vcpus = (long) capacity.cpus() * settings.cpuOvercommit();
        int percent = settings.takeoverReservePercent();
        return new Room(
                capacity.cpus(),
                supply(
                        tenants,
                        Takeover::memoryBytes,
                        capacity.total().bytes(),
                        capacity.free().bytes() - promised,
                        percent),
                supply(tenants, Takeover::cpus, vcpus, vcpus, percent),
                tenants);
    }

    private static Supply supply(
            List<Takeover> tenants, ToLongFunction<Takeover> amount, long total, long free, int percent) {
        long takeovers = sum(tenants, amount, Mode.TAKEOVER);
        long drills = sum(tenants, amount, Mode.DRILL);
        return new Supply(
                total,
                Math.max(0, Math.min(free, total - takeovers - drills)),
                takeovers,
                drills,
                total / 100 * percent + total % 100 * percent / 100);
    }

    private static long sum(List<Takeover> tenants, ToLongFunction<Takeover> amount, Mode mode) {
        return tenants.stream()
                .filter(one -> one.mode() == mode)
                .mapToLong(amount)
                .sum();
    }

    /** One that is being discarded gives back what it holds and must not count as using the reserve. */
    private static boolean holds(State state) {
        return TakeoverStates.isBeforeRunning(state) || state == State.RUNNING;
    }

    /** @throws ProblemException {@code MEMORY_TAKEN} or {@code CPUS_TAKEN} */
    void require(long memoryBytes, int vcpus, Mode mode, Function<Takeover, String> name) {
        if (memoryBytes > memory.freeFor(mode)) {
            throw refusal(
                    ProblemCode.MEMORY_TAKEN,
                    memory,
                    memoryBytes,
                    mode,
                    bytes -> new ByteSize(bytes).toString(),
                    Takeover::memoryBytes,
                    name);
        }
        if (vcpus > cpus.freeFor(mode)) {
            throw refusal(ProblemCode.CPUS_TAKEN, cpus, vcpus, mode, String::valueOf, Takeover::cpus, name);
        }
    }

    MachineRoom report() {
        return new MachineRoom(
                part(memory),
                part(cpus),
                tenants.stream()
                        .sorted(Comparator.comparingLong(Takeover::memoryBytes).reversed())
                        .map(one ->
                                new MachineRoom.Tenant(one.id(), one.host(), one.mode(), one.cpus(), one.memoryBytes()))
                        .toList());
    }

    private static MachineRoom.Part part(Supply supply) {
        return new MachineRoom.Part(
                supply.total(),
                supply.takeovers(),
                supply.drills(),
                supply.others(),
                supply.reserve(),
                supply.freeFor(Mode.TAKEOVER),
                supply.freeFor(Mode.DRILL));
    }

    private ProblemException refusal(
            ProblemCode code,
            Supply supply,
            long wanted,
            Mode mode,
            Function<Long, String> shown,
            ToLongFunction<Takeover> amount,
            Function<Takeover, String> name) {
        String largest = tenants.stream()
                .sorted(Comparator.comparingLong(amount).reversed())
                .limit(NAMED)
                .map(one -> name.apply(one) + " " + shown.apply(amount.applyAsLong(one)))
                .collect(Collectors.joining(", "));
        String more = tenants.size() > NAMED ? ", …" : "";
        return Problem.of(
                        code,
                        "needed",
                        shown.apply(wanted),
                        "available",
                        shown.apply(supply.freeFor(mode)),
                        "total",
                        shown.apply(supply.total()),
                        "takeovers",
                        shown.apply(supply.takeovers()),
                        "drills",
                        shown.apply(supply.drills()),
                        "kept",
                        shown.apply(supply.keptFrom(mode)),
                        "others",
                        shown.apply(supply.others()),
                        "largest",
                        largest.isEmpty() ? "-" : largest + more)
                .asException();
    }
}
