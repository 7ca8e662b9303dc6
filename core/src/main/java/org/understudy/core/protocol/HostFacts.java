package org.understudy.core.protocol;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an agent knows of its host, reported on connection and at each run.
 *
 * @param machineId stable id of the installation ({@code /etc/machine-id} or equal)
 * @param memoryBytes main memory
 * @param cpus logical processors
 */
public record HostFacts(
        String hostName,
        String machineId,
        String operatingSystem,
        String kernel,
        long memoryBytes,
        int cpus,
        Firmware firmware,
        List<Disk> disks,
        List<NetworkInterface> interfaces,
        BootFacts boot) {

    /** How the machine starts, as far as the disks tell. */
    public enum Firmware {
        BIOS,
        UEFI
    }

    /**
     * A block device that can be protected.
     *
     * @param key stable name of the disk on this host ({@code wwn-…}, {@code serial-…}, else {@code path-…}); at most 128
     *     characters of {@code [A-Za-z0-9._:-]}
     * @param device device file, for people
     * @param logicalBlockSize bytes
     * @param table {@code gpt}, {@code mbr} or {@code none}
     */
    public record Disk(
            String key,
            String device,
            @Nullable String model,
            @Nullable String serial,
            long sizeBytes,
            int logicalBlockSize,
            String table,
            List<Partition> partitions) {}

    /**
     * A partition, or the whole disk where there is no table.
     *
     * @param fileSystem {@code ext4}, {@code xfs}, {@code btrfs}, {@code ntfs}, {@code vfat}, {@code swap}, {@code unknown} …
     * @param mountPoint where it is mounted now, or null
     */
    public record Partition(
            int number,
            long offsetBytes,
            long sizeBytes,
            String fileSystem,
            @Nullable String label,
            @Nullable String uuid,
            @Nullable String mountPoint) {}

    /** A network interface with its permanent address. */
    public record NetworkInterface(
            String name,
            String macAddress,
            List<String> addresses,
            @Nullable String driver) {}

    /**
     * What a boot on other hardware depends on. Driver names are kernel module names with {@code _} for {@code -}.
     *
     * @param operatingSystemName of the installed system on the protected disks ({@code PRETTY_NAME}), or null if not found
     * @param hostName name in the protected system, or null
     * @param initramfsDrivers storage drivers found in every initramfs or built into the kernel; empty if not known
     * @param networkDrivers network drivers found in the protected system's modules or built in; empty if not known
     * @param known false if no installed system could be read
     * @param installed what the installed system's files say about its start; null from agents before this was reported
     * @param machine how the machine itself started; null likewise
     */
    public record BootFacts(
            boolean known,
            @Nullable String operatingSystemName,
            @Nullable String hostName,
            Set<String> initramfsDrivers,
            Set<String> networkDrivers,
            List<GuestInterface> guestInterfaces,
            @Nullable InstalledBoot installed,
            @Nullable MachineBoot machine) {

        public static BootFacts unknown() {
            return new BootFacts(false, null, null, Set.of(), Set.of(), List.of(), null, null);
        }

        /** The same with what the machine says. */
        public BootFacts on(MachineBoot running) {
            return new BootFacts(
                    known,
                    operatingSystemName,
                    hostName,
                    initramfsDrivers,
                    networkDrivers,
                    guestInterfaces,
                    installed,
                    running);
        }
    }

    /**
     * How the protected system configures one of its interfaces.
     *
     * @param name interface name in its configuration
     * @param addresses static addresses with prefix length; empty for DHCP
     */
    public record GuestInterface(String name, @Nullable String macAddress, List<String> addresses) {}
}
