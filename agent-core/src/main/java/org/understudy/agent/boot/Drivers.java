package org.understudy.agent.boot;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The drivers that decide on which virtual hardware a system starts, by module name with {@code _} for {@code -}. Stateless. */
final class Drivers {

    static final Set<String> STORAGE =
            Set.of("virtio_blk", "virtio_scsi", "virtio_pci", "ahci", "ata_piix", "nvme", "sd_mod", "mptspi");
    static final Set<String> NETWORK = Set.of("virtio_net", "e1000", "e1000e", "vmxnet3", "8139cp");

    private Drivers() {}

    /** The driver with that module name if it is one of those. */
    static Optional<String> known(String moduleName) {
        String name = moduleName.replace('-', '_');
        return STORAGE.contains(name) || NETWORK.contains(name) ? Optional.of(name) : Optional.empty();
    }

    /** The driver of a module file such as {@code kernel/drivers/net/e1000/e1000.ko.xz}. */
    static Optional<String> ofModule(String path) {
        String file = path.strip();
        file = file.substring(file.lastIndexOf('/') + 1);
        int end = file.indexOf(".ko");
        return end < 0 ? Optional.empty() : known(file.substring(0, end));
    }

    static Set<String> only(Set<String> wanted, Set<String> found) {
        Set<String> both = new TreeSet<>(found);
        both.retainAll(wanted);
        return both;
    }
}
