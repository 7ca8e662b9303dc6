package org.understudy.server.fleet.gateway;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.HostFacts;

/** Checks reported facts before they are stored or shown. */
final class FactsCheck {

    static final int MOST_DISKS = 256;

    private static final int MOST_PARTITIONS = 256;
    private static final int MOST_INTERFACES = 256;
    private static final int MOST_ADDRESSES = 64;
    private static final int MOST_DRIVERS = 4096;
    private static final Pattern MACHINE_ID = Pattern.compile("[\\x21-\\x7e]{1,128}");
    private static final Pattern MAC = Pattern.compile("(?i)([0-9a-f]{2}:){5}[0-9a-f]{2}");
    private static final Pattern MAC_OR_NONE = Pattern.compile("(?i)|([0-9a-f]{2}:){5,19}[0-9a-f]{2}");
    private static final Pattern DRIVER = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

    private FactsCheck() {}

    static void check(@Nullable HostFacts facts) {
        if (facts == null) {
            throw Bounds.violation("the facts are missing");
        }
        Bounds.text("the host name", facts.hostName(), Bounds.NAME);
        Bounds.matches("the machine id", facts.machineId(), MACHINE_ID);
        Bounds.text("the operating system", facts.operatingSystem(), Bounds.NAME);
        Bounds.text("the kernel", facts.kernel(), Bounds.NAME);
        Bounds.notNegative("the memory", facts.memoryBytes());
        Bounds.notNegative("the number of processors", facts.cpus());
        Bounds.present("the firmware", facts.firmware());
        Bounds.list("disks", facts.disks(), MOST_DISKS);
        Set<String> keys = new HashSet<>();
        for (HostFacts.Disk disk : facts.disks()) {
            disk(disk);
            if (!keys.add(disk.key())) {
                throw Bounds.violation("two disks have the key " + disk.key());
            }
        }
        Bounds.list("network interfaces", facts.interfaces(), MOST_INTERFACES);
        for (HostFacts.NetworkInterface network : facts.interfaces()) {
            Bounds.text("the name of a network interface", network.name(), Bounds.NAME);
            Bounds.matches("the address of a network interface", network.macAddress(), MAC_OR_NONE);
            Bounds.texts("addresses", network.addresses(), MOST_ADDRESSES, Bounds.NAME);
            Bounds.optionalText("the driver of a network interface", network.driver(), Bounds.NAME);
        }
        boot(facts.boot());
    }

    private static void disk(HostFacts.Disk disk) {
        Bounds.diskKey(disk.key());
        Bounds.text("the device of a disk", disk.device(), Bounds.NAME);
        Bounds.optionalText("the model of a disk", disk.model(), Bounds.NAME);
        Bounds.optionalText("the serial of a disk", disk.serial(), Bounds.NAME);
        Bounds.notNegative("the size of a disk", disk.sizeBytes());
        int block = disk.logicalBlockSize();
        if (block < 512 || block > 65_536 || Integer.bitCount(block) != 1) {
            throw Bounds.violation("the block size " + block + " of a disk is not possible");
        }
        Bounds.text("the partition table of a disk", disk.table(), 32);
        Bounds.list("partitions", disk.partitions(), MOST_PARTITIONS);
        for (HostFacts.Partition partition : disk.partitions()) {
            Bounds.notNegative("the number of a partition", partition.number());
            Bounds.notNegative("the offset of a partition", partition.offsetBytes());
            Bounds.notNegative("the size of a partition", partition.sizeBytes());
            Bounds.text("the file system of a partition", partition.fileSystem(), 64);
            Bounds.optionalText("the label of a partition", partition.label(), Bounds.NAME);
            Bounds.optionalText("the id of a partition", partition.uuid(), Bounds.NAME);
            Bounds.optionalText("the mount point of a partition", partition.mountPoint(), 4096);
        }
    }

    private static void boot(HostFacts.@Nullable BootFacts boot) {
        if (boot == null) {
            throw Bounds.violation("the boot facts are missing");
        }
        Bounds.optionalText("the installed system", boot.operatingSystemName(), Bounds.NAME);
        Bounds.optionalText("the installed host name", boot.hostName(), Bounds.NAME);
        Bounds.list("initramfs drivers", boot.initramfsDrivers(), MOST_DRIVERS);
        boot.initramfsDrivers().forEach(driver -> Bounds.matches("a driver", driver, DRIVER));
        Bounds.list("network drivers", boot.networkDrivers(), MOST_DRIVERS);
        boot.networkDrivers().forEach(driver -> Bounds.matches("a driver", driver, DRIVER));
        Bounds.list("configured interfaces", boot.guestInterfaces(), MOST_INTERFACES);
        for (HostFacts.GuestInterface network : boot.guestInterfaces()) {
            Bounds.text("the name of a configured interface", network.name(), Bounds.NAME);
            if (network.macAddress() != null) {
                Bounds.matches("the address of a configured interface", network.macAddress(), MAC);
            }
            Bounds.texts("addresses", network.addresses(), MOST_ADDRESSES, Bounds.NAME);
        }
        if (boot.installed() != null) {
            BootCheck.installed(boot.installed());
        }
        if (boot.machine() != null) {
            BootCheck.machine(boot.machine());
        }
    }
}
