package org.understudy.agent.boot;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Drivers of an installed kernel: in the kernel itself, and as modules beside it. Stateless. */
final class KernelDrivers {

    private static final int MAX_BUILTIN_BYTES = 1 << 20;
    private static final int MAX_CONFIG_BYTES = 1 << 20;
    private static final int MAX_FOLDERS = 2000;
    private static final int MAX_DEPTH = 6;

    /** Kconfig symbols of the drivers that matter. */
    private static final Map<String, String> SYMBOLS = Map.ofEntries(
            Map.entry("CONFIG_VIRTIO_BLK", "virtio_blk"),
            Map.entry("CONFIG_SCSI_VIRTIO", "virtio_scsi"),
            Map.entry("CONFIG_VIRTIO_PCI", "virtio_pci"),
            Map.entry("CONFIG_SATA_AHCI", "ahci"),
            Map.entry("CONFIG_ATA_PIIX", "ata_piix"),
            Map.entry("CONFIG_BLK_DEV_NVME", "nvme"),
            Map.entry("CONFIG_BLK_DEV_SD", "sd_mod"),
            Map.entry("CONFIG_FUSION_SPI", "mptspi"),
            Map.entry("CONFIG_VIRTIO_NET", "virtio_net"),
            Map.entry("CONFIG_E1000", "e1000"),
            Map.entry("CONFIG_E1000E", "e1000e"),
            Map.entry("CONFIG_VMXNET3", "vmxnet3"),
            Map.entry("CONFIG_8139CP", "8139cp"));

    private KernelDrivers() {}

    /** Drivers in the kernel, from {@code modules.builtin} or its configuration; empty if there is neither. */
    static Optional<Set<String>> builtIn(RootTree tree, String version) {
        String list = "/lib/modules/" + version + "/modules.builtin";
        if (tree.isFile(list)) {
            return Optional.of(tree.lines(list, MAX_BUILTIN_BYTES).stream()
                    .flatMap(line -> Drivers.ofModule(line).stream())
                    .collect(Collectors.toCollection(TreeSet::new)));
        }
        return Stream.of("/boot/config-" + version, "/lib/modules/" + version + "/config")
                .filter(tree::isFile)
                .findFirst()
                .map(file -> tree.lines(file, MAX_CONFIG_BYTES).stream()
                        .filter(line -> line.endsWith("=y"))
                        .flatMap(line -> Stream.ofNullable(SYMBOLS.get(line.substring(0, line.length() - 2))))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Driver files below a folder of modules, not deeper than kernels lay them. */
    static Set<String> modules(RootTree tree, String folder) {
        Set<String> drivers = new TreeSet<>();
        collect(tree, folder, drivers, new int[] {MAX_FOLDERS}, MAX_DEPTH);
        return drivers;
    }

    private static void collect(RootTree tree, String folder, Set<String> drivers, int[] foldersLeft, int depthLeft) {
        if (--foldersLeft[0] < 0 || depthLeft == 0) {
            return;
        }
        for (String name : tree.names(folder)) {
            if (name.contains(".ko")) {
                Drivers.ofModule(name).ifPresent(drivers::add);
            } else if (name.indexOf('.') < 0) {
                collect(tree, folder + "/" + name, drivers, foldersLeft, depthLeft - 1);
            }
        }
    }
}
