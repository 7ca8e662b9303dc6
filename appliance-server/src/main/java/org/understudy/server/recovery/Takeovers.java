package org.understudy.server.recovery;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;

/** Runs recovery points as machines. Thread-safe. */
public interface Takeovers {

    /**
     * Asks for a takeover or drill and returns at once. {@code HYPERVISOR_UNAVAILABLE} if the memory it would have cannot be
     * found out.
     *
     * @throws org.understudy.core.problem.ProblemException {@code POINT_NOT_FOUND}, {@code POINT_SUSPECT} (unless
     *     {@code acceptSuspect}), {@code TAKEOVER_EXISTS} for a second takeover of a host, {@code MEMORY_TAKEN},
     *     {@code CPUS_TAKEN}, {@code INVALID_REQUEST}
     */
    TakeoverId start(Request request);

    Optional<Takeover> takeover(TakeoverId id);

    /** Newest first, ended ones included. */
    List<Takeover> takeovers(int limit);

    List<Takeover> active();

    /**
     * What there is for machines now, and who has it.
     *
     * @throws org.understudy.core.problem.ProblemException {@code HYPERVISOR_UNAVAILABLE}
     */
    MachineRoom room();

    /** Takes a new picture of the screen and returns it as PNG; the last one if the machine is off. */
    Optional<byte[]> screenshot(TakeoverId id);

    /**
     * Asks for the guest to be shut down, with its disks kept, and returns at once; {@code STOPPED} follows. Stopping a stopped
     * one succeeds; other states are {@code CONFLICT}.
     */
    void stop(TakeoverId id);

    /**
     * Asks for a stopped one to be started again and returns at once. {@code MEMORY_TAKEN}, {@code CPUS_TAKEN}; resuming
     * a running one succeeds; other states are {@code CONFLICT}.
     */
    void resume(TakeoverId id);

    /**
     * Asks for the machine to be ended and its disks to be removed, in any state, and returns at once. {@code CONFLICT} if it is
     * kept.
     */
    void discard(TakeoverId id);

    /** Protects it from clean-up and from {@link #discard} until released. */
    void keep(TakeoverId id, boolean kept);

    /**
     * @param cpus empty: as the host has, at most what the appliance has
     * @param memoryBytes empty: as the host has, within what the appliance has
     * @param diskBus empty: chosen from what the guest has drivers for; likewise {@code nicModel} and {@code firmware}
     */
    record Request(
            PointId point,
            Takeover.Mode mode,
            OptionalInt cpus,
            OptionalLong memoryBytes,
            Optional<VirtualMachine.DiskBus> diskBus,
            Optional<VirtualMachine.NicModel> nicModel,
            Optional<VirtualMachine.Firmware> firmware,
            List<Takeover.Probe> probes,
            boolean acceptSuspect) {}
}
