package org.understudy.server.recovery.internal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.Capacity;
import org.understudy.server.hypervisor.MachineName;
import org.understudy.server.hypervisor.MachineStatus;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.readiness.Readiness;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.RecoveryEvents.LeftoverAction;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.storage.VolumeClone;

/**
 * Compares clones and machines with the rows, once at start-up. What belongs to a takeover that ended is removed. What has no row
 * is never removed: rows are written before anything is made, so the database was emptied or replaced, and the clone may be
 * a production machine's only disk. It is taken in as a kept takeover if its point is known, else left.
 */
final class Leftovers {

    private static final Logger log = LoggerFactory.getLogger(Leftovers.class);

    private final Backstage backstage;
    private final Consumer<Takeover> adopted;

    /** @param adopted hears of each takeover that was taken in */
    Leftovers(Backstage backstage, Consumer<Takeover> adopted) {
        this.backstage = backstage;
        this.adopted = adopted;
    }

    /** @throws ProblemException if the hypervisor or the pool cannot be asked */
    void sweep() {
        Map<MachineName, MachineStatus.State> machines = new HashMap<>();
        for (MachineStatus status : backstage.hypervisor().machines()) {
            machines.put(status.name(), status.state());
        }
        for (VolumeClone clone : backstage.store().clones()) {
            Optional<TakeoverId> id = MachinePlan.takeoverOf(clone.id());
            if (id.isPresent()) {
                Optional<Takeover> row = backstage.book().find(id.get());
                if (row.isEmpty()) {
                    adopt(clone, id.get(), Optional.ofNullable(machines.get(MachinePlan.machine(id.get()))));
                } else if (row.get().state().isFinal()) {
                    remove(clone.id().value(), () -> {
                        backstage.hypervisor().remove(MachinePlan.machine(id.get()));
                        backstage.store().destroyClone(clone.id());
                    });
                }
            }
        }
        for (MachineStatus status : backstage.hypervisor().machines()) {
            Optional<Takeover> row = MachinePlan.takeoverOf(status.name()).flatMap(backstage.book()::find);
            if (row.isEmpty()) {
                tell(status.name().value(), LeftoverAction.LEFT);
            } else if (row.get().state().isFinal()) {
                remove(status.name().value(), () -> backstage.hypervisor().remove(status.name()));
            }
        }
    }

    private void remove(String name, Runnable removal) {
        try {
            removal.run();
            tell(name, LeftoverAction.REMOVED);
        } catch (ProblemException e) {
            log.warn("the leftover {} cannot be removed now: {}", name, e.getMessage());
        }
    }

    private void adopt(VolumeClone clone, TakeoverId id, Optional<MachineStatus.State> machine) {
        try {
            boolean up = machine.filter(Watch::isUp).isPresent();
            Takeover takeover = describe(clone, id, up);
            backstage.log().open(takeover, "found in the pool without a record");
            adopted.accept(takeover);
            tell(clone.id().value(), LeftoverAction.ADOPTED);
        } catch (ProblemException e) {
            log.warn("the clone {} has no record and cannot be taken in: {}", clone.id(), e.getMessage());
            tell(clone.id().value(), LeftoverAction.LEFT);
        }
    }

    /** The hardware is what a new takeover would get: nothing else is known. */
    private Takeover describe(VolumeClone clone, TakeoverId id, boolean up) {
        Manifest manifest = backstage.points().manifest(clone.origin());
        HardwareProfile profile = HardwareProfile.choose(
                manifest.facts(), Readiness.of(manifest), Optional.empty(), Optional.empty(), Optional.empty());
        Takeover.Mode mode = MachinePlan.modeOf(clone.id()).orElseThrow();
        Capacity capacity = backstage.hypervisor().capacity();
        long memory = Math.max(
                Sizing.LEAST_BYTES,
                Math.min(manifest.facts().memoryBytes(), capacity.free().bytes()));
        return new Takeover(
                id,
                clone.host(),
                clone.origin(),
                mode,
                up ? State.RUNNING : State.STOPPED,
                Math.clamp(manifest.facts().cpus(), 1, Math.max(1, capacity.cpus())),
                memory >> 20 << 20,
                profile.diskBus(),
                profile.nicModel(),
                profile.firmware(),
                "found without a record; as started anew: " + profile.reason(),
                backstage.log().now(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(java.time.Duration.ZERO),
                Optional.empty(),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                true);
    }

    private void tell(String name, LeftoverAction action) {
        log.warn("leftover of a takeover: {} => {}", name, action);
        backstage.log().publish(new RecoveryEvents.LeftoverFound(name, action));
    }
}
