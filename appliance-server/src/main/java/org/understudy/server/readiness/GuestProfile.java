package org.understudy.server.readiness;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.understudy.core.protocol.HostFacts;

/** The part of virtual hardware that decides whether a system starts. */
public record GuestProfile(DiskBus bus, HostFacts.Firmware firmware) {

    /** How disks are offered to the guest; in the order of preference. */
    public enum DiskBus {
        VIRTIO_BLK("virtio-blk", true, "vd", "virtio_blk", "virtio_pci"),
        VIRTIO_SCSI("virtio-scsi", false, "sd", "virtio_scsi", "virtio_pci", "sd_mod"),
        SATA("SATA", true, "sd", "ahci", "sd_mod"),
        NVME("NVMe", true, "nvme", "nvme"),
        IDE("IDE", true, "sd", "ata_piix", "sd_mod");

        private final String title;
        private final boolean offered;
        private final String devicePrefix;
        private final Set<String> drivers;

        DiskBus(String title, boolean offered, String devicePrefix, String... drivers) {
            this.title = title;
            this.offered = offered;
            this.devicePrefix = devicePrefix;
            this.drivers = Set.of(drivers);
        }

        /** As people write it. */
        public String title() {
            return title;
        }

        /** Whether takeovers of this appliance can have it. */
        public boolean offered() {
            return offered;
        }

        /** How Linux names disks on it. */
        String devicePrefix() {
            return devicePrefix;
        }

        /** Drivers that a system needs to find its root there. */
        Set<String> drivers() {
            return drivers;
        }
    }

    /** Every profile. */
    public static List<GuestProfile> all() {
        List<GuestProfile> all = new ArrayList<>();
        for (HostFacts.Firmware firmware : HostFacts.Firmware.values()) {
            for (DiskBus bus : DiskBus.values()) {
                all.add(new GuestProfile(bus, firmware));
            }
        }
        return all;
    }

    /** {@code virtio-blk, UEFI}. */
    public String title() {
        return bus.title() + ", " + firmware;
    }
}
