package org.understudy.server.web.api;

import java.util.List;
import org.understudy.server.recovery.MachineRoom;

/** What machines may have of the appliance, and who has it. Memory in bytes; processors are virtual ones. */
public record MachineRoomResource(PartResource memory, PartResource processors, List<TenantResource> tenants) {

    /**
     * @param total what machines may have together
     * @param takeovers what takeovers hold; drills likewise
     * @param others what is used by something else
     * @param reserve what drills leave to takeovers
     * @param freeForTakeovers what a takeover can have now; freeForDrills likewise
     */
    public record PartResource(
            long total,
            long takeovers,
            long drills,
            long others,
            long reserve,
            long freeForTakeovers,
            long freeForDrills) {

        static PartResource of(MachineRoom.Part part) {
            return new PartResource(
                    part.total(),
                    part.takeovers(),
                    part.drills(),
                    part.others(),
                    part.reserve(),
                    part.freeForTakeovers(),
                    part.freeForDrills());
        }
    }

    /** A takeover or drill that holds room. */
    public record TenantResource(String takeoverId, String hostId, String mode, int processors, long memoryBytes) {

        static TenantResource of(MachineRoom.Tenant tenant) {
            return new TenantResource(
                    tenant.id().toString(),
                    tenant.host().toString(),
                    tenant.mode().name(),
                    tenant.processors(),
                    tenant.memoryBytes());
        }
    }

    static MachineRoomResource of(MachineRoom room) {
        return new MachineRoomResource(
                PartResource.of(room.memory()),
                PartResource.of(room.processors()),
                room.tenants().stream().map(TenantResource::of).toList());
    }
}
