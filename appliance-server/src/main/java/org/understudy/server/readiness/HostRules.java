package org.understudy.server.readiness;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.HostFacts.Firmware;
import org.understudy.core.protocol.InstalledBoot;
import org.understudy.core.protocol.MachineBoot;
import org.understudy.core.protocol.MachineBoot.BootCode;
import org.understudy.server.readiness.Finding.Code;

/** The rules of docs/design/boot-readiness.md: what each part of a profile asks of a host. Pure. */
final class HostRules {

    private static final String FALLBACK = "\\EFI\\BOOT\\BOOTX64.EFI";
    private static final List<String> LOADERS = List.of("SHIMX64.EFI", "GRUBX64.EFI", "SYSTEMD-BOOTX64.EFI");

    private final HostFacts facts;
    private final InstalledBoot installed;
    private final MachineBoot machine;
    private final List<String> disks;

    HostRules(HostFacts facts, InstalledBoot installed, MachineBoot machine, List<String> disks) {
        this.facts = facts;
        this.installed = installed;
        this.machine = machine;
        this.disks = disks;
    }

    Evidence on(GuestProfile profile) {
        return anywhere()
                .and(profile.firmware() == Firmware.UEFI ? uefi() : bios())
                .and(drivers(profile.bus()))
                .and(names(profile.bus()));
    }

    /** What holds on every profile. */
    private Evidence anywhere() {
        Evidence evidence = new Evidence();
        MachineBoot.RootStack root = machine.root();
        if (root == null) {
            evidence.unknown(Code.ROOT_UNKNOWN, Map.of());
            return evidence;
        }
        if (!root.others().isEmpty()) {
            evidence.against(Code.ROOT_ELSEWHERE, Map.of("devices", String.join(", ", root.others())));
        }
        List<String> left = new ArrayList<>(root.disks());
        left.removeAll(disks);
        if (!left.isEmpty()) {
            evidence.against(Code.ROOT_NOT_PROTECTED, Map.of("disks", devices(left)));
        }
        if (root.layers().contains("luks")) {
            evidence.prepare(Code.PASSPHRASE, Map.of());
        }
        for (InstalledBoot.Mount mount : installed.mounts()) {
            if (mount.needed() && !mount.type().equals("swap")) {
                onLeftDisk(mount, evidence);
            }
        }
        return evidence;
    }

    /** A needed file system on a disk that is not in the point stops the start; one that is found nowhere may be on LVM. */
    private void onLeftDisk(InstalledBoot.Mount mount, Evidence evidence) {
        for (HostFacts.Disk disk : facts.disks()) {
            if (!disks.contains(disk.key())
                    && disk.partitions().stream().anyMatch(partition -> names(mount, partition))) {
                evidence.prepare(Code.MOUNT_NOT_PROTECTED, Map.of("mount", mount.mountPoint(), "disk", disk.device()));
            }
        }
    }

    private static boolean names(InstalledBoot.Mount mount, HostFacts.Partition partition) {
        return mount.mountPoint().equals(partition.mountPoint())
                || (partition.uuid() != null && mount.source().equalsIgnoreCase("UUID=" + partition.uuid()));
    }

    private String devices(List<String> keys) {
        return String.join(
                ", ",
                keys.stream()
                        .map(key -> facts.disks().stream()
                                .filter(disk -> disk.key().equals(key))
                                .map(HostFacts.Disk::device)
                                .findFirst()
                                .orElse(key))
                        .toList());
    }

    private Evidence bios() {
        List<Evidence> each = new ArrayList<>();
        for (String key : disks) {
            Evidence evidence = new Evidence();
            MachineBoot.DiskBoot boot = machine.disks().stream()
                    .filter(disk -> disk.disk().equals(key))
                    .findFirst()
                    .orElse(null);
            if (boot == null) {
                evidence.unknown(Code.BOOT_CODE_UNKNOWN, Map.of("disk", devices(List.of(key))));
            } else {
                bootCode(boot, evidence);
            }
            each.add(evidence);
        }
        for (int i = 0; i < each.size(); i++) {
            if (each.get(i).outcome() instanceof Outcome.WillBoot) {
                Evidence evidence = new Evidence();
                // A BIOS starts the first disk; the others are not asked.
                if (i > 0) {
                    evidence.prepare(Code.BOOT_DISK_FIRST, Map.of("disk", devices(List.of(disks.get(i)))));
                }
                return evidence;
            }
        }
        Evidence all = new Evidence();
        // A disk whose code is not known may start, whatever the others lack.
        for (Evidence evidence : each) {
            if (evidence.outcome() instanceof Outcome.Unknown) {
                return evidence;
            }
            all = all.and(evidence);
        }
        return all;
    }

    private void bootCode(MachineBoot.DiskBoot boot, Evidence evidence) {
        Map<String, String> disk = Map.of("disk", devices(List.of(boot.disk())));
        BootCode code = boot.code() == BootCode.CHAIN
                ? boot.partitionCode() == null ? BootCode.NONE : boot.partitionCode()
                : boot.code();
        switch (code) {
            case NONE -> evidence.against(Code.NO_BOOT_CODE, disk);
            case GRUB -> {
                if (boot.code() == BootCode.GRUB && !boot.coreFound()) {
                    evidence.against(Code.GRUB_CORE_MISSING, disk);
                }
            }
            case LILO, SYSLINUX -> {
                // Starts what it was installed for.
            }
            case CHAIN, OTHER -> evidence.unknown(Code.BOOT_CODE_UNKNOWN, disk);
        }
    }

    private Evidence uefi() {
        Evidence evidence = new Evidence();
        boolean partition =
                machine.disks().stream().anyMatch(disk -> disks.contains(disk.disk()) && disk.efiSystemPartition());
        List<String> loaders = installed.efiLoaders();
        if (!partition) {
            evidence.against(Code.NO_EFI_PARTITION, Map.of());
        } else if (loaders == null) {
            evidence.unknown(Code.EFI_PARTITION_NOT_READ, Map.of());
        } else if (!loaders.contains(FALLBACK)) {
            LOADERS.stream()
                    .flatMap(name -> loaders.stream().filter(path -> path.endsWith("\\" + name)))
                    .findFirst()
                    .ifPresentOrElse(
                            path -> evidence.prepare(Code.EFI_FALLBACK, Map.of("loader", path)),
                            () -> evidence.against(Code.NO_EFI_LOADER, Map.of()));
        }
        return evidence;
    }

    /** The kernel that the menu starts unless somebody chooses another, and the one that runs now. */
    private List<InstalledBoot.Kernel> deciding() {
        List<InstalledBoot.Kernel> kernels = installed.kernels();
        List<InstalledBoot.Kernel> deciding = new ArrayList<>();
        for (int i = 0; i < kernels.size(); i++) {
            if (i == 0 || kernels.get(i).version().equals(facts.kernel())) {
                deciding.add(kernels.get(i));
            }
        }
        return deciding;
    }

    private Evidence drivers(GuestProfile.DiskBus bus) {
        Evidence evidence = new Evidence();
        if (installed.kernels().isEmpty()) {
            evidence.unknown(Code.NO_KERNEL, Map.of());
        }
        for (InstalledBoot.Kernel kernel : deciding()) {
            if (kernel.file() == null) {
                evidence.unknown(Code.KERNEL_FILE_NOT_FOUND, Map.of("kernel", kernel.version()));
            }
            drivers(bus, kernel, evidence);
        }
        return evidence;
    }

    private static void drivers(GuestProfile.DiskBus bus, InstalledBoot.Kernel kernel, Evidence evidence) {
        Set<String> lacking = new TreeSet<>(bus.drivers());
        lacking.removeAll(kernel.builtIn() == null ? Set.of() : kernel.builtIn());
        lacking.removeAll(kernel.inInitramfs() == null ? Set.of() : kernel.inInitramfs());
        if (lacking.isEmpty()) {
            return;
        }
        Map<String, String> version = Map.of("kernel", kernel.version());
        Set<String> nowhere = new HashSet<>(lacking);
        if (kernel.inInitramfs() == null) {
            evidence.unknown(
                    Code.INITRAMFS_UNREADABLE,
                    Map.of("kernel", kernel.version(), "reason", String.valueOf(kernel.unreadable())));
        } else if (kernel.builtIn() == null) {
            evidence.unknown(Code.BUILT_IN_UNKNOWN, version);
        } else if (kernel.modules() == null) {
            evidence.unknown(Code.MODULES_UNKNOWN, version);
        } else if (nowhere.removeAll(kernel.modules()) && nowhere.isEmpty()) {
            evidence.prepare(
                    Code.REBUILD_INITRAMFS, Map.of("kernel", kernel.version(), "drivers", String.join(", ", lacking)));
        } else {
            evidence.against(
                    Code.NO_DRIVER,
                    Map.of("kernel", kernel.version(), "drivers", String.join(", ", new TreeSet<>(nowhere))));
        }
    }

    private Evidence names(GuestProfile.DiskBus bus) {
        Evidence evidence = new Evidence();
        DevicePaths paths = new DevicePaths(facts, disks);
        for (InstalledBoot.Kernel kernel : deciding()) {
            if (kernel.root() != null && paths.changes(kernel.root(), bus)) {
                evidence.prepare(Code.ROOT_BY_PATH, Map.of("kernel", kernel.version(), "root", kernel.root()));
            }
        }
        for (InstalledBoot.Mount mount : installed.mounts()) {
            if (mount.needed() && !mount.type().equals("swap") && paths.changes(mount.source(), bus)) {
                evidence.prepare(Code.MOUNT_BY_PATH, Map.of("mount", mount.mountPoint(), "source", mount.source()));
            }
        }
        return evidence;
    }
}
