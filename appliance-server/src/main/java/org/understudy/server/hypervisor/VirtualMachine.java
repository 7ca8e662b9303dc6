package org.understudy.server.hypervisor;

import java.nio.file.Path;
import java.util.List;
import org.understudy.server.kernel.ByteSize;

/**
 * A virtual machine to define.
 *
 * @param title for people, shown by the hypervisor's own tools
 * @param disks in boot order
 * @param nics in the order of the original machine
 */
public record VirtualMachine(
        MachineName name,
        String title,
        int cpus,
        ByteSize memory,
        Firmware firmware,
        DiskBus diskBus,
        List<Path> disks,
        List<Nic> nics) {

    /** What starts the guest. */
    public enum Firmware {
        BIOS,
        UEFI
    }

    /** The virtual disk controller. */
    public enum DiskBus {
        VIRTIO,
        SATA,
        IDE,
        NVME
    }

    /** The virtual network card. */
    public enum NicModel {
        VIRTIO,
        E1000E,
        E1000,
        RTL8139,
        VMXNET3
    }

    /**
     * A network card.
     *
     * @param macAddress six hexadecimal pairs with colons
     */
    public record Nic(NicModel model, String macAddress, Network network) {}

    /** What a card is plugged into. */
    public sealed interface Network {

        /** A network of its own that nothing leaves; the appliance alone reaches it. One per drill. */
        record Isolated(String id) implements Network {}

        /** The production network as configured for this appliance. */
        record Production() implements Network {}
    }

    public VirtualMachine {
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
    }
}
