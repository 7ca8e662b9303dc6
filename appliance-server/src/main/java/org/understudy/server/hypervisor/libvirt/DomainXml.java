package org.understudy.server.hypervisor.libvirt;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.hypervisor.Acceleration;
import org.understudy.server.hypervisor.MachineName;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.hypervisor.VirtualMachine.DiskBus;
import org.understudy.server.hypervisor.VirtualMachine.Firmware;
import org.understudy.server.hypervisor.VirtualMachine.NicModel;
import tools.jackson.databind.json.JsonMapper;

/**
 * Describes a machine to libvirt (format: libvirt.org/formatdomain.html). Pure: equal input gives equal text.
 *
 * @param acceleration how guests run
 * @param instance id of this appliance, marks its machines
 * @param machineType {@code auto}, or the board for every machine
 * @param emulator QEMU
 * @param uefiCode OVMF firmware; {@code uefiVariables} its empty variable store
 * @param networks gives the source of a card
 * @param blockDevice whether a disk is a block device, not a file
 */
record DomainXml(
        Acceleration acceleration,
        String instance,
        String machineType,
        Path emulator,
        Path uefiCode,
        Path uefiVariables,
        NetworkNames networks,
        Predicate<Path> blockDevice) {

    /** Namespace of the metadata element that marks our machines. */
    static final String METADATA = "urn:understudy:machine:1";

    private static final String QEMU = "http://libvirt.org/schemas/domain/qemu/1.0";
    private static final int IDE_DISKS = 4;
    private static final int MAX_DISKS = 26;
    private static final int TITLE_LENGTH = 120;
    private static final JsonMapper JSON = JsonMapper.shared();

    String describe(VirtualMachine machine) {
        checkDisks(machine);
        boolean emulated = acceleration == Acceleration.EMULATION;
        return Xml.document("domain", domain -> {
            domain.attribute("type", emulated ? "qemu" : "kvm");
            if (machine.diskBus() == DiskBus.NVME) {
                domain.attribute("xmlns:qemu", QEMU);
            }
            domain.text("name", machine.name().value())
                    .text("uuid", uuid(machine.name()).toString())
                    .text("title", title(machine))
                    .element("metadata", metadata -> mark(metadata, machine))
                    .element(
                            "memory",
                            e -> e.attribute("unit", "KiB")
                                    .characters(Long.toString(machine.memory().bytes() / 1024)))
                    .text("vcpu", Integer.toString(machine.cpus()))
                    .element("os", os -> os(os, machine))
                    .element("features", features -> features.empty("acpi").empty("apic"))
                    .element("cpu", cpu -> cpu(cpu, emulated))
                    .empty("clock", "offset", "utc")
                    .text("on_poweroff", "destroy")
                    .text("on_reboot", "restart")
                    .text("on_crash", "destroy")
                    .element("devices", devices -> devices(devices, machine, emulated));
            if (machine.diskBus() == DiskBus.NVME) {
                domain.element("qemu:commandline", arguments -> nvme(arguments, machine));
            }
        });
    }

    /** The same for every definition of a machine, so that defining it again replaces it. */
    static UUID uuid(MachineName name) {
        return UUID.nameUUIDFromBytes(("understudy machine " + name).getBytes(StandardCharsets.UTF_8));
    }

    private static void checkDisks(VirtualMachine machine) {
        int limit = machine.diskBus() == DiskBus.IDE ? IDE_DISKS : MAX_DISKS;
        if (machine.disks().isEmpty() || machine.disks().size() > limit) {
            throw Problem.of(
                            ProblemCode.CAPABILITY_MISSING,
                            "capability",
                            machine.disks().size() + " disks on " + machine.diskBus() + ", which takes 1 to " + limit)
                    .asException();
        }
    }

    private static String title(VirtualMachine machine) {
        String title = machine.title().strip();
        return title.length() <= TITLE_LENGTH ? title : title.substring(0, TITLE_LENGTH);
    }

    private void os(Xml os, VirtualMachine machine) {
        os.element(
                "type",
                type -> type.attribute("arch", "x86_64")
                        .attribute("machine", board(machine))
                        .characters("hvm"));
        if (machine.firmware() == Firmware.UEFI) {
            os.element(
                    "loader",
                    loader -> loader.attribute("readonly", "yes")
                            .attribute("type", "pflash")
                            .characters(uefiCode.toString()));
            os.element(
                    "nvram",
                    nvram -> nvram.attribute("template", uefiVariables.toString())
                            .characters("/var/lib/libvirt/qemu/nvram/" + machine.name() + ".fd"));
        }
    }

    /**
     * IDE exists on {@code pc} only. Virtio goes there too with a BIOS: on its conventional bus the devices also speak the
     * legacy protocol, the only one that kernels before 4.0 know.
     */
    private String board(VirtualMachine machine) {
        boolean ide = machine.diskBus() == DiskBus.IDE;
        if (!machineType.equals("auto")) {
            if (ide && machineType.contains("q35")) {
                throw Problem.of(
                                ProblemCode.CAPABILITY_MISSING,
                                "capability",
                                "IDE disks on machine type " + machineType
                                        + " (setting understudy.hypervisor.machine-type)")
                        .asException();
            }
            return machineType;
        }
        boolean legacyVirtio = machine.diskBus() == DiskBus.VIRTIO && machine.firmware() == Firmware.BIOS;
        return ide || legacyVirtio ? "pc" : "q35";
    }

    /** Five-level paging is taken from the emulated processor: old boot loaders and kernels hang with it. */
    private static void cpu(Xml cpu, boolean emulated) {
        if (emulated) {
            cpu.attribute("mode", "maximum");
            cpu.empty("feature", "policy", "disable", "name", "la57");
        } else {
            cpu.attribute("mode", "host-passthrough");
        }
    }

    private void devices(Xml devices, VirtualMachine machine, boolean emulated) {
        devices.text("emulator", emulator.toString());
        if (machine.diskBus() != DiskBus.NVME) {
            for (int i = 0; i < machine.disks().size(); i++) {
                disk(devices, machine, i);
            }
        }
        for (int i = 0; i < machine.nics().size(); i++) {
            nic(devices, machine, i);
        }
        if (emulated) {
            // An emulated USB controller costs processor time even when idle.
            devices.empty("controller", "type", "usb", "model", "none");
        } else {
            devices.empty("controller", "type", "usb", "model", "qemu-xhci");
            devices.empty("input", "type", "tablet", "bus", "usb");
        }
        devices.element(
                "serial",
                serial -> serial.attribute("type", "file")
                        .empty("source", "path", "/var/log/libvirt/qemu/" + machine.name() + "-serial.log"));
        devices.element(
                "graphics", graphics -> graphics.attribute("type", "vnc").empty("listen", "type", "socket"));
        devices.element("video", video -> video.empty("model", "type", "vga", "vram", "16384"));
        devices.empty("memballoon", "model", "none");
    }

    private void disk(Xml devices, VirtualMachine machine, int index) {
        Path path = machine.disks().get(index);
        boolean block = blockDevice.test(path);
        String letter = String.valueOf((char) ('a' + index));
        devices.element(
                "disk",
                disk -> disk.attribute("type", block ? "block" : "file")
                        .attribute("device", "disk")
                        .empty(
                                "driver",
                                "name",
                                "qemu",
                                "type",
                                "raw",
                                "cache",
                                "writeback",
                                "io",
                                "threads",
                                "discard",
                                "unmap",
                                "detect_zeroes",
                                "off")
                        .empty("source", block ? "dev" : "file", path.toString())
                        .empty("target", "dev", targetPrefix(machine.diskBus()) + letter, "bus", bus(machine.diskBus()))
                        .empty("boot", "order", Integer.toString(index + 1)));
    }

    private static String targetPrefix(DiskBus bus) {
        return switch (bus) {
            case VIRTIO -> "vd";
            case SATA -> "sd";
            case IDE -> "hd";
            case NVME -> "nvme";
        };
    }

    private static String bus(DiskBus bus) {
        return bus.name().toLowerCase(Locale.ROOT);
    }

    private void nic(Xml devices, VirtualMachine machine, int index) {
        VirtualMachine.Nic nic = machine.nics().get(index);
        String mac = nic.macAddress().toLowerCase(Locale.ROOT);
        devices.element("interface", card -> {
            switch (networks.source(nic.network())) {
                case NetworkNames.Source.Libvirt source ->
                    card.attribute("type", source.type())
                            .empty("mac", "address", mac)
                            .empty("source", source.type(), source.name());
                case NetworkNames.Source.Drill ignored ->
                    // Not managed: libvirt opens the tap and changes nothing, so it stays off until it is in its
                    // network.
                    card.attribute("type", "ethernet")
                            .empty("mac", "address", mac)
                            .empty("target", "dev", tap(machine, index), "managed", "no");
            }
            card.empty("model", "type", model(nic.model()));
        });
    }

    private static String tap(VirtualMachine machine, int card) {
        return DrillNetwork.tap(machine.name().value(), card);
    }

    /** Marks the machine as ours and says what libvirt cannot know: the drill's network of each card. */
    private void mark(Xml metadata, VirtualMachine machine) {
        List<DrillNetwork.Card> cards = new ArrayList<>();
        for (int i = 0; i < machine.nics().size(); i++) {
            if (networks.source(machine.nics().get(i).network()) instanceof NetworkNames.Source.Drill drill) {
                cards.add(new DrillNetwork.Card(tap(machine, i), drill.network()));
            }
        }
        if (cards.isEmpty()) {
            metadata.empty("us:machine", "xmlns:us", METADATA, "instance", instance);
            return;
        }
        // Nested: libvirt keeps only one element of each XML namespace at the top.
        metadata.element("us:machine", mark -> {
            mark.attribute("xmlns:us", METADATA).attribute("instance", instance);
            for (DrillNetwork.Card card : cards) {
                mark.empty("us:drill", "tap", card.tap(), "network", card.network());
            }
        });
    }

    private static String model(NicModel model) {
        return model.name().toLowerCase(Locale.ROOT);
    }

    /** libvirt has no emulated NVMe controller; QEMU's arguments are given directly, as JSON so that no path needs quoting. */
    private void nvme(Xml arguments, VirtualMachine machine) {
        for (int i = 0; i < machine.disks().size(); i++) {
            Path path = machine.disks().get(i);
            String node = "us-disk" + i;
            Map<String, Object> file = new TreeMap<>(Map.of(
                    "driver",
                    blockDevice.test(path) ? "host_device" : "file",
                    "filename",
                    path.toString(),
                    "aio",
                    "threads",
                    "discard",
                    "unmap"));
            Map<String, Object> raw = new TreeMap<>(Map.of(
                    "driver",
                    "raw",
                    "node-name",
                    node,
                    "cache",
                    Map.of("direct", false),
                    "discard",
                    "unmap",
                    "detect-zeroes",
                    "off",
                    "file",
                    file));
            // QEMU makes devices given as JSON after all others, in order: libvirt's have their addresses by then.
            Map<String, Object> controller = new TreeMap<>(
                    Map.of("driver", "nvme", "drive", node, "serial", "understudy" + i, "bootindex", i + 1));
            arguments
                    .empty("qemu:arg", "value", "-blockdev")
                    .empty("qemu:arg", "value", JSON.writeValueAsString(raw))
                    .empty("qemu:arg", "value", "-device")
                    .empty("qemu:arg", "value", JSON.writeValueAsString(controller));
        }
    }
}
