package org.understudy.console;

import java.util.List;
import java.util.Set;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.InstalledBoot;
import org.understudy.core.protocol.MachineBoot;

/** How the hosts of the scenery start. */
final class SceneryStarts {

    private static final String KERNEL = "6.12.48-amd64";
    private static final String DISK = "wwn-0x5000c500a1b2c3d4";
    private static final String FALLBACK = "\\EFI\\BOOT\\BOOTX64.EFI";

    private SceneryStarts() {}

    /** One host of each outcome, by its name. */
    static HostFacts.BootFacts of(String name, HostFacts.BootFacts plain) {
        return switch (name) {
            case "web-01" ->
                with(plain, Set.of("virtio_blk", "virtio_pci", "ahci", "sd_mod"), "UUID=a-1", "enp1s0", FALLBACK);
            case "db-01.example.com" ->
                with(plain, Set.of("mptspi", "sd_mod"), "/dev/sda2", "bond0", "\\EFI\\ROCKY\\SHIMX64.EFI");
            case "mail" -> with(plain, Set.of("ahci", "sd_mod"), "UUID=a-1", "bond0", "\\EFI\\TOOLS\\SHELL.EFI");
            default -> plain;
        };
    }

    private static HostFacts.BootFacts with(
            HostFacts.BootFacts plain, Set<String> drivers, String root, String card, String loader) {
        InstalledBoot installed = new InstalledBoot(
                List.of(new InstalledBoot.Kernel(
                        KERNEL,
                        "/boot/vmlinuz-" + KERNEL,
                        List.of("/boot/initrd.img-" + KERNEL),
                        Set.of(),
                        drivers,
                        Set.of("virtio_blk", "virtio_scsi", "virtio_pci", "nvme", "ahci", "ata_piix", "sd_mod"),
                        root,
                        false,
                        null)),
                Set.of("grub"),
                List.of(loader),
                List.of(new InstalledBoot.Mount("UUID=a-1", "/", "ext4", true)),
                List.of(new InstalledBoot.NetworkBinding(card, "netplan", false)));
        MachineBoot machine = new MachineBoot(
                MachineBoot.Kind.PHYSICAL,
                "Maker Model 7",
                HostFacts.Firmware.UEFI,
                false,
                List.of(new MachineBoot.FirmwareEntry("debian", true, loader, null)),
                List.of(new MachineBoot.DiskBoot(DISK, MachineBoot.BootCode.NONE, false, null, false, true)),
                new MachineBoot.RootStack("ext4", List.of("partition", "disk"), List.of(DISK), List.of()),
                List.of(new MachineBoot.Route("0.0.0.0/0", "192.0.2.1", "enp1s0")));
        return new HostFacts.BootFacts(
                plain.known(),
                plain.operatingSystemName(),
                plain.hostName(),
                plain.initramfsDrivers(),
                plain.networkDrivers(),
                plain.guestInterfaces(),
                installed,
                machine);
    }
}
