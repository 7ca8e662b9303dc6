package org.understudy.server.recovery;

import java.util.List;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.TakeoverId;

/**
 * What machines may have of the appliance, and who has it, at one moment.
 *
 * @param memory in bytes
 * @param processors virtual ones, of which every real one gives several
 * @param tenants takeovers and drills that hold some of it, the largest in memory first
 */
public record MachineRoom(Part memory, Part processors, List<Tenant> tenants) {

    /**
     * @param total what machines may have together
     * @param takeovers what takeovers hold; {@code drills} likewise
     * @param others what is used by something else
     * @param reserve what is meant for takeovers, used or not
     * @param freeForTakeovers what a takeover can have now; {@code freeForDrills} likewise
     */
    public record Part(
            long total,
            long takeovers,
            long drills,
            long others,
            long reserve,
            long freeForTakeovers,
            long freeForDrills) {}

    /** One that holds room, running or about to. */
    public record Tenant(TakeoverId id, HostId host, Takeover.Mode mode, int processors, long memoryBytes) {}

    public MachineRoom {
        tenants = List.copyOf(tenants);
    }
}
