package org.understudy.server.readiness;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.InstalledBoot;
import org.understudy.core.protocol.InstalledBoot.Kernel;
import org.understudy.core.protocol.InstalledBoot.Mount;
import org.understudy.core.protocol.InstalledBoot.NetworkBinding;
import org.understudy.core.protocol.MachineBoot;
import org.understudy.core.protocol.MachineBoot.BootCode;
import org.understudy.core.protocol.MachineBoot.DiskBoot;

/** A Debian on one BIOS disk that starts anywhere, until a test takes something from it. */
final class Host {

    static final String KERNEL = "6.1.0-28-amd64";
    static final Set<String> ALL =
            Set.of("virtio_blk", "virtio_scsi", "virtio_pci", "ahci", "ata_piix", "nvme", "sd_mod");

    String device = "/dev/sda";
    HostFacts.@Nullable Firmware firmware = HostFacts.Firmware.BIOS;
    final List<DiskBoot> areas = new ArrayList<>();

    @Nullable
    Set<String> builtIn = Set.of();

    @Nullable
    Set<String> initramfs = ALL;

    @Nullable
    Set<String> modules = ALL;

    @Nullable
    String kernelFile = "/boot/vmlinuz-" + KERNEL;

    String root = "UUID=a-1";
    boolean stableNames;
    Set<String> cards = Set.of("virtio_net", "e1000e");

    @Nullable
    List<String> efiLoaders;

    @Nullable
    Boolean secureBoot;

    final List<Kernel> more = new ArrayList<>();
    final List<Mount> mounts = new ArrayList<>();
    final List<NetworkBinding> networks = new ArrayList<>();
    List<String> layers = List.of("partition", "disk");
    List<String> rootDisks = List.of("wwn-a");
    List<String> rootOthers = List.of();

    Host() {
        areas.add(new DiskBoot("wwn-a", BootCode.GRUB, true, null, false, false));
    }

    Host uefi(String... loaders) {
        areas.set(0, new DiskBoot("wwn-a", BootCode.NONE, false, null, false, true));
        efiLoaders = List.of(loaders);
        firmware = HostFacts.Firmware.UEFI;
        return this;
    }

    HostFacts facts() {
        List<Kernel> kernels = new ArrayList<>();
        kernels.add(new Kernel(
                KERNEL,
                kernelFile,
                List.of("/boot/initrd.img-" + KERNEL),
                builtIn,
                initramfs,
                modules,
                root,
                stableNames,
                initramfs == null ? "it is damaged" : null));
        kernels.addAll(more);
        return facts(new HostFacts.BootFacts(
                true,
                "Debian GNU/Linux 12",
                "web1",
                Set.of(),
                cards,
                List.of(),
                new InstalledBoot(kernels, Set.of("grub"), efiLoaders, mounts, networks),
                new MachineBoot(
                        MachineBoot.Kind.PHYSICAL,
                        null,
                        firmware,
                        secureBoot,
                        List.of(),
                        areas,
                        new MachineBoot.RootStack("ext4", layers, rootDisks, rootOthers),
                        List.of())));
    }

    HostFacts facts(HostFacts.BootFacts boot) {
        return new HostFacts(
                "web1",
                "machine-1",
                "Debian GNU/Linux 12",
                KERNEL,
                1L << 30,
                1,
                HostFacts.Firmware.BIOS,
                List.of(disk("wwn-a", device, "a-1", "/"), disk("wwn-b", "/dev/sdb", "b-1", "/srv")),
                List.of(
                        new HostFacts.NetworkInterface("eno1", "52:54:00:00:00:01", List.of(), "igb"),
                        new HostFacts.NetworkInterface("eth0", "52:54:00:00:00:02", List.of(), "igb"),
                        new HostFacts.NetworkInterface("br0", "52:54:00:00:00:03", List.of(), null)),
                boot);
    }

    private static HostFacts.Disk disk(String key, String device, String uuid, String mountPoint) {
        return new HostFacts.Disk(
                key,
                device,
                null,
                null,
                1L << 30,
                512,
                "mbr",
                List.of(new HostFacts.Partition(1, 1 << 20, 1 << 29, "ext4", null, uuid, mountPoint)));
    }

    Forecast forecast(String... disks) {
        return Forecast.of(facts(), disks.length == 0 ? List.of("wwn-a") : List.of(disks));
    }
}
