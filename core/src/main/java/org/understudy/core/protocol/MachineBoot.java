package org.understudy.core.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the running machine says about how it started, and what lies in the boot areas of its disks.
 *
 * @param kind whether it is a physical machine, as DMI tells
 * @param product manufacturer and product, or null
 * @param firmware that really started it, or null if the kernel does not tell
 * @param secureBoot whether the firmware checks signatures, or null if not known
 * @param entries boot entries of a UEFI firmware in boot order
 * @param disks boot areas of the offered disks
 * @param root what the root file system stands on, or null if that is not known
 * @param routes routes over gateways
 */
public record MachineBoot(
        Kind kind,
        @Nullable String product,
        HostFacts.@Nullable Firmware firmware,
        @Nullable Boolean secureBoot,
        List<FirmwareEntry> entries,
        List<DiskBoot> disks,
        @Nullable RootStack root,
        List<Route> routes) {

    /** What sort of machine it is. */
    public enum Kind {
        PHYSICAL,
        VIRTUAL,
        UNKNOWN
    }

    /** What the boot code of a sector is. */
    public enum BootCode {
        /** All zeros. */
        NONE,
        GRUB,
        LILO,
        SYSLINUX,
        /** Code of partitioning tools that starts the active partition. */
        CHAIN,
        OTHER
    }

    /**
     * A boot entry of the firmware ({@code Boot####}).
     *
     * @param path file on the partition, or null if the entry names none
     * @param partition unique GUID of the partition, or null
     */
    public record FirmwareEntry(
            String name,
            boolean active,
            @Nullable String path,
            @Nullable String partition) {}

    /**
     * Boot areas of a disk.
     *
     * @param disk key of the disk
     * @param code in the first sector
     * @param coreFound whether GRUB's boot code points to a sector that is the start of its core image; false for other code
     * @param partitionCode in the first sector of the active partition, or null if none is active
     * @param biosBootPartition whether there is one for GRUB's core image
     * @param efiSystemPartition whether there is one
     */
    public record DiskBoot(
            String disk,
            BootCode code,
            boolean coreFound,
            @Nullable BootCode partitionCode,
            boolean biosBootPartition,
            boolean efiSystemPartition) {}

    /**
     * What the root file system stands on.
     *
     * @param layers from the file system down: {@code lvm}, {@code luks}, {@code md raid1}, {@code multipath}, {@code partition},
     *     {@code disk}, {@code loop} …
     * @param disks keys of the offered disks that hold it
     * @param others kernel names of whole disks that hold it and are not offered
     */
    public record RootStack(String fileSystem, List<String> layers, List<String> disks, List<String> others) {}

    /** A route over a gateway; {@code destination} with prefix length. */
    public record Route(String destination, String gateway, String networkInterface) {}
}
