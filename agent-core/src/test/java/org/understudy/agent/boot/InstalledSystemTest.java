package org.understudy.agent.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.protocol.HostFacts;

class InstalledSystemTest {

    @TempDir
    Path folder;

    private Path root;

    @BeforeEach
    void makeRoot() throws IOException {
        root = Files.createDirectory(folder.resolve("root"));
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void image(Path file, String version, String... modules) throws IOException {
        Files.createDirectories(file.getParent());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(new CpioArchive()
                    .add("init", "#!/bin/sh")
                    .addAll("lib/modules/" + version + "/kernel/drivers/x", modules)
                    .toBytes());
        }
        Files.write(file, bytes.toByteArray());
    }

    private HostFacts.BootFacts read() {
        return InstalledSystem.read(root, null);
    }

    @Test
    void anEmptyTreeIsNoSystem() {
        assertThat(read()).isEqualTo(HostFacts.BootFacts.unknown());
    }

    @Test
    void onlyDriversInEveryInitramfsAreReported() throws IOException {
        write("etc/os-release", "NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        write("etc/hostname", "# managed\nweb1.example.org\n");
        image(root.resolve("boot/initrd.img-6.1.0-1-amd64"), "6.1.0-1-amd64", "virtio_blk.ko", "ahci.ko");
        image(root.resolve("boot/initrd.img-6.1.0-2-amd64"), "6.1.0-2-amd64", "ahci.ko", "sd_mod.ko");
        write("lib/modules/6.1.0-1-amd64/modules.builtin", "kernel/drivers/nvme/host/nvme.ko\n");
        write("lib/modules/6.1.0-2-amd64/modules.builtin", "kernel/drivers/nvme/host/nvme.ko\nkernel/net/x.ko\n");
        write("lib/modules/6.1.0-1-amd64/kernel/drivers/net/ethernet/intel/e1000/e1000.ko", "x");
        write("lib/modules/6.1.0-2-amd64/kernel/drivers/net/ethernet/intel/e1000/e1000.ko.xz", "x");
        write("lib/modules/6.1.0-2-amd64/kernel/drivers/net/virtio_net.ko.xz", "x");
        write("lib/modules/5.0-leftover/modules.dep", "");

        HostFacts.BootFacts facts = read();

        assertThat(facts.known()).isTrue();
        assertThat(facts.operatingSystemName()).isEqualTo("Debian GNU/Linux 12 (bookworm)");
        assertThat(facts.hostName()).isEqualTo("web1.example.org");
        assertThat(facts.initramfsDrivers()).containsExactlyInAnyOrder("ahci", "nvme");
        assertThat(facts.networkDrivers()).containsExactly("e1000");
    }

    @Test
    void imagesThatTheBootLoaderDoesNotLoadDoNotCount() throws IOException {
        image(root.resolve("boot/initrd.img"), "6.1", "virtio_blk.ko");
        image(root.resolve("boot/initrd.img-old"), "6.0", "ahci.ko");
        write("boot/extlinux/extlinux.conf", "DEFAULT l\nLABEL l\n LINUX /boot/vmlinuz\n INITRD /boot/initrd.img\n");

        assertThat(read().initramfsDrivers()).containsExactly("virtio_blk");
    }

    @Test
    void grubPathsCountFromASeparateBootFileSystem() throws IOException {
        Path boot = folder.resolve("boot-mount");
        write("etc/os-release", "PRETTY_NAME='Rocky Linux 9'\n");
        image(boot.resolve("initramfs-5.14.0.x86_64.img"), "5.14.0.x86_64", "virtio_scsi.ko.xz", "sd_mod.ko.xz");
        image(boot.resolve("initramfs-5.14.0.x86_64kdump.img"), "5.14.0.x86_64", "ahci.ko");
        Files.createDirectories(boot.resolve("grub2"));
        Files.writeString(
                boot.resolve("grub2/grub.cfg"),
                "menuentry 'x' {\n  linux ($root)/vmlinuz-5.14.0.x86_64\n  initrd ($root)/initramfs-5.14.0.x86_64.img"
                        + " $tuned_initrd\n}\n");

        HostFacts.BootFacts facts = InstalledSystem.read(root, boot);

        assertThat(facts.operatingSystemName()).isEqualTo("Rocky Linux 9");
        assertThat(facts.initramfsDrivers()).containsExactlyInAnyOrder("virtio_scsi", "sd_mod");
    }

    @Test
    void microcodeLoadedBesidesTheImageDoesNotHideItsDrivers() throws IOException {
        image(root.resolve("boot/initramfs-linux.img"), "6.9", "nvme.ko.zst");
        Files.write(
                root.resolve("boot/intel-ucode.img"),
                new CpioArchive()
                        .add("kernel/x86/microcode/GenuineIntel.bin", "x")
                        .toBytes());
        write(
                "boot/loader/entries/arch.conf",
                "title Arch\ninitrd /intel-ucode.img\ninitrd /initramfs-linux.img\noptions root=/dev/sda2\n");

        assertThat(read().initramfsDrivers()).containsExactly("nvme");
    }

    @Test
    void anImageThatCannotBeReadMakesTheDriversUnknown() throws IOException {
        image(root.resolve("boot/initrd.img-1"), "1", "virtio_blk.ko");
        write("boot/initrd.img-2", "this is no archive at all");

        HostFacts.BootFacts facts = read();

        assertThat(facts.known()).isTrue();
        assertThat(facts.initramfsDrivers()).isEmpty();
    }

    @Test
    void linksAreFollowedInsideOfTheTreeOnly() throws IOException {
        Path secret = folder.resolve("secret");
        Files.writeString(secret, "PRETTY_NAME=stolen\n");
        Files.createDirectories(root.resolve("etc"));
        Files.createSymbolicLink(root.resolve("etc/os-release"), Path.of("../../secret"));
        Files.createSymbolicLink(root.resolve("etc/hostname"), secret.toAbsolutePath());
        Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
        write("usr/lib/os-release", "PRETTY_NAME=inside\n");
        Files.createSymbolicLink(root.resolve("lib"), Path.of("/usr/lib"));
        Files.createDirectories(root.resolve("usr/lib/modules/6.1"));
        write("usr/lib/modules/6.1/modules.builtin", "kernel/drivers/virtio-pci.ko\n");

        HostFacts.BootFacts facts = read();

        assertThat(facts.operatingSystemName()).isEqualTo("inside");
        assertThat(facts.hostName()).isNull();
        assertThat(facts.initramfsDrivers()).containsExactly("virtio_pci");
    }

    @Test
    void interfacesAreReadFromEveryKindOfConfiguration() throws IOException {
        write(
                "etc/network/interfaces",
                "auto lo eth0\niface lo inet loopback\niface eth0 inet static\n  address 192.168.7.2\n"
                        + "  netmask 255.255.240.0\n  hwaddress ether 52:54:00:AA:BB:01\niface eth0 inet6 static\n"
                        + "  address fd00::2/48\n");
        write("etc/network/interfaces.d/eth1", "iface eth1 inet dhcp\n");
        write(
                "etc/netplan/50.yaml",
                "network:\n  version: 2\n  ethernets:\n    nic0:\n      match: {macaddress: '52:54:00:aa:bb:02'}\n"
                        + "      set-name: lan0\n      addresses: [10.1.0.5/16, {'fd01::5/64': {label: x}}]\n"
                        + "    ens3: {dhcp4: true}\n");
        write(
                "etc/systemd/network/20-wan.network",
                "[Match]\nName=wan0\nMACAddress=52:54:00:aa:bb:03\n[Network]\nAddress=172.16.0.9/24\nDHCP=no\n");
        write(
                "etc/NetworkManager/system-connections/mgmt.nmconnection",
                "[connection]\nid=mgmt\ntype=ethernet\ninterface-name=eno1\n[ethernet]\nmac-address=52:54:00:AA:BB:04\n"
                        + "[ipv4]\naddress1=10.9.0.2/24,10.9.0.1\nmethod=manual\n");
        write(
                "etc/sysconfig/network-scripts/ifcfg-ens9",
                "DEVICE=ens9\nBOOTPROTO=none\nIPADDR=10.8.0.2\nPREFIX=22\nHWADDR=52:54:00:AA:BB:05\n");

        assertThat(InstalledSystemTest.interfaces(root))
                .containsExactlyInAnyOrder(
                        new HostFacts.GuestInterface(
                                "eth0", "52:54:00:aa:bb:01", List.of("192.168.7.2/20", "fd00::2/48")),
                        new HostFacts.GuestInterface("eth1", null, List.of()),
                        new HostFacts.GuestInterface("lan0", "52:54:00:aa:bb:02", List.of("10.1.0.5/16", "fd01::5/64")),
                        new HostFacts.GuestInterface("ens3", null, List.of()),
                        new HostFacts.GuestInterface("wan0", "52:54:00:aa:bb:03", List.of("172.16.0.9/24")),
                        new HostFacts.GuestInterface("eno1", "52:54:00:aa:bb:04", List.of("10.9.0.2/24")),
                        new HostFacts.GuestInterface("ens9", "52:54:00:aa:bb:05", List.of("10.8.0.2/22")));
    }

    @Test
    void hostileConfigurationIsIgnored() throws IOException {
        write("etc/os-release", "PRETTY_NAME=x\n");
        write("etc/netplan/a.yaml", "network: [&a [*a, *a], {{{{\n");
        write("etc/netplan/b.yaml", "network: !!javax.script.ScriptEngineManager [x]\n");
        write("etc/netplan/c.yaml", "network: {ethernets: [1, 2]}\n");
        write("etc/network/interfaces", "iface\naddress\niface e inet static\naddress 999\nnetmask\n");

        assertThat(interfaces(root)).containsExactly(new HostFacts.GuestInterface("e", null, List.of()));
    }

    private static List<HostFacts.GuestInterface> interfaces(Path root) {
        return NetworkSettings.read(new RootTree(root, null));
    }
}
