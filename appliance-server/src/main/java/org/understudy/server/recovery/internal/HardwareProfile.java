package org.understudy.server.recovery.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.hypervisor.VirtualMachine.DiskBus;
import org.understudy.server.hypervisor.VirtualMachine.Firmware;
import org.understudy.server.hypervisor.VirtualMachine.NicModel;
import org.understudy.server.readiness.Forecast;
import org.understudy.server.readiness.GuestProfile;
import org.understudy.server.readiness.Outcome;

/**
 * The virtual hardware of a takeover: what the guest has drivers for. A pure function of the facts; the rules and their reasons
 * are in docs/design/takeover.md.
 *
 * @param reason for people: which rules decided
 */
record HardwareProfile(Firmware firmware, DiskBus diskBus, NicModel nicModel, String reason) {

    private record Choice<T>(T value, String reason) {}

    /** @param forecast decides disks and firmware where it is sure that the host starts as it is */
    static HardwareProfile choose(
            HostFacts facts,
            Forecast forecast,
            Optional<DiskBus> askedBus,
            Optional<NicModel> askedNic,
            Optional<Firmware> askedFirmware) {
        Optional<GuestProfile> sure =
                forecast.outcome() instanceof Outcome.WillBoot ? Optional.of(forecast.best()) : Optional.empty();
        Firmware firmware =
                askedFirmware.orElse(firmware(sure.map(GuestProfile::firmware).orElse(facts.firmware())));
        Choice<DiskBus> bus = askedBus.map(asked -> new Choice<>(asked, "as requested"))
                .or(() -> sure.filter(profile -> firmware(profile.firmware()) == firmware)
                        .flatMap(profile -> bus(profile.bus()))
                        .map(value -> new Choice<>(value, "the forecast says that it starts there")))
                .orElseGet(() -> disk(facts));
        Choice<NicModel> nic =
                askedNic.map(asked -> new Choice<>(asked, "as requested")).orElseGet(() -> nic(facts, bus.value()));
        List<String> parts = new ArrayList<>();
        parts.add(firmware
                + (askedFirmware.isPresent()
                        ? " as requested"
                        : firmware == firmware(facts.firmware()) ? " as the host starts" : " by the forecast"));
        parts.add("disks on " + bus.value() + " (" + bus.reason() + ")");
        parts.add("network cards " + nic.value() + " (" + nic.reason() + ")");
        return new HardwareProfile(firmware, bus.value(), nic.value(), String.join("; ", parts));
    }

    private static Firmware firmware(HostFacts.Firmware reported) {
        return switch (reported) {
            case BIOS -> Firmware.BIOS;
            case UEFI -> Firmware.UEFI;
        };
    }

    private static Optional<DiskBus> bus(GuestProfile.DiskBus forecast) {
        return switch (forecast) {
            case VIRTIO_BLK -> Optional.of(DiskBus.VIRTIO);
            case SATA -> Optional.of(DiskBus.SATA);
            case NVME -> Optional.of(DiskBus.NVME);
            case IDE -> Optional.of(DiskBus.IDE);
            case VIRTIO_SCSI -> Optional.empty();
        };
    }

    private static Choice<DiskBus> disk(HostFacts facts) {
        Set<String> drivers = facts.boot().initramfsDrivers();
        if (facts.boot().known()) {
            if (drivers.contains("virtio_blk") && drivers.contains("virtio_pci")) {
                return new Choice<>(DiskBus.VIRTIO, "its initramfs has virtio_blk and virtio_pci");
            }
            if (drivers.contains("ahci")) {
                return new Choice<>(DiskBus.SATA, "its initramfs has ahci");
            }
            if (drivers.contains("nvme")) {
                return new Choice<>(DiskBus.NVME, "its initramfs has nvme");
            }
            if (drivers.contains("ata_piix")) {
                return new Choice<>(DiskBus.IDE, "its initramfs has ata_piix");
            }
        }
        String unknown = !facts.boot().known()
                ? "nothing is known of its drivers"
                : drivers.isEmpty()
                        ? "the drivers in its initramfs are not known"
                        : "its initramfs has no driver that fits";
        if (allDisks(facts, device -> device.matches("/dev/vd[a-z]+"))) {
            return new Choice<>(DiskBus.VIRTIO, unknown + "; the host itself runs on virtio disks");
        }
        if (allDisks(facts, device -> device.startsWith("/dev/nvme"))) {
            return new Choice<>(DiskBus.NVME, unknown + "; the host itself runs on NVMe");
        }
        if (allDisks(facts, device -> device.matches("/dev/hd[a-z]+"))) {
            return new Choice<>(DiskBus.IDE, unknown + "; the host itself runs on IDE");
        }
        return new Choice<>(DiskBus.SATA, unknown + "; most systems have a driver for SATA");
    }

    private static boolean allDisks(HostFacts facts, Predicate<String> test) {
        return !facts.disks().isEmpty()
                && facts.disks().stream().map(HostFacts.Disk::device).allMatch(test);
    }

    private static Choice<NicModel> nic(HostFacts facts, DiskBus bus) {
        Set<String> drivers = facts.boot().networkDrivers();
        if (facts.boot().known()) {
            for (String driver : List.of("virtio_net", "e1000e", "e1000", "vmxnet3", "8139cp", "8139too")) {
                if (drivers.contains(driver)) {
                    return new Choice<>(model(driver).orElseThrow(), "it has the driver " + driver);
                }
            }
        }
        String unknown = drivers.isEmpty() ? "its network drivers are not known" : "none of its network drivers fits";
        Optional<NicModel> present = facts.interfaces().stream()
                .map(HostFacts.NetworkInterface::driver)
                .flatMap(
                        driver -> driver == null ? java.util.stream.Stream.empty() : java.util.stream.Stream.of(driver))
                .flatMap(driver -> model(driver.replace('-', '_')).stream())
                .findFirst();
        if (present.isPresent()) {
            return new Choice<>(present.get(), unknown + "; the host itself uses such a card");
        }
        NicModel model =
                switch (bus) {
                    case VIRTIO -> NicModel.VIRTIO;
                    case IDE -> NicModel.E1000;
                    case SATA, NVME -> NicModel.E1000E;
                };
        return new Choice<>(model, unknown + "; the usual one beside such disks");
    }

    private static Optional<NicModel> model(String driver) {
        return switch (driver) {
            case "virtio_net" -> Optional.of(NicModel.VIRTIO);
            case "e1000e" -> Optional.of(NicModel.E1000E);
            case "e1000" -> Optional.of(NicModel.E1000);
            case "vmxnet3" -> Optional.of(NicModel.VMXNET3);
            case "8139cp", "8139too" -> Optional.of(NicModel.RTL8139);
            default -> Optional.empty();
        };
    }
}
