package org.understudy.agent.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.core.protocol.InstalledBoot;

/** What an installed system's files say about its start, from trees that the tests make. */
class InstalledBootTest {

    private static final String NEW = "6.1.0-28-amd64";
    private static final String OLD = "6.1.0-18-amd64";

    @TempDir
    Path root;

    private void write(String path, String text) throws IOException {
        write(path, text.getBytes(StandardCharsets.UTF_8));
    }

    private void write(String path, byte[] content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    /** A kernel image with nothing but a setup header that points to its release. */
    private static byte[] kernel(String release) {
        byte[] image = new byte[4096];
        ByteBuffer header = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        header.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII));
        header.putShort(0x20e, (short) 0x700);
        header.put(0x900, (release + " (maker) #1 SMP").getBytes(StandardCharsets.US_ASCII));
        return image;
    }

    private void debian(InitramfsTest.Compression compression) throws IOException {
        write("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        for (String version : List.of(OLD, NEW)) {
            write("boot/vmlinuz-" + version, kernel(version));
            write("lib/modules/" + version + "/modules.builtin", "kernel/drivers/scsi/sd_mod.ko\n");
            write("lib/modules/" + version + "/kernel/drivers/nvme/host/nvme.ko.xz", "x");
        }
        write(
                "boot/initrd.img-" + NEW,
                compression.compress(new CpioArchive()
                        .addAll("usr/lib/modules/" + NEW + "/kernel/drivers/ata", "ahci.ko.xz")
                        .toBytes()));
        write("boot/initrd.img-" + OLD, "this is no archive");
        write(
                "boot/grub/grub.cfg",
                "menuentry 'Debian' {\n\tlinux /boot/vmlinuz-" + NEW + " root=UUID=a-1 ro net.ifnames=0 quiet\n"
                        + "\tinitrd /boot/initrd.img-" + NEW + "\n}\n"
                        + "submenu 'Advanced' {\nmenuentry 'again' {\n\tlinux /boot/vmlinuz-" + NEW + " root=UUID=a-1\n"
                        + "\tinitrd /boot/initrd.img-" + NEW + "\n}\n"
                        + "menuentry 'old' {\n\tlinux /boot/vmlinuz-" + OLD + " root=/dev/sda1\n"
                        + "\tinitrd /boot/initrd.img-" + OLD + "\n}\n}\n"
                        + "menuentry 'test' {\n\tlinux16 /boot/memtest86+x64.bin\n}\n");
        write("boot/memtest86+x64.bin", "x");
    }

    private InstalledBoot read() {
        return Optional.ofNullable(InstalledSystem.read(root, null).installed()).orElseThrow();
    }

    @ParameterizedTest
    @EnumSource(InitramfsTest.Compression.class)
    void eachKernelOfTheMenuHasItsOwnDriversWhateverTheCompression(InitramfsTest.Compression compression)
            throws IOException {
        debian(compression);

        InstalledBoot boot = read();

        assertThat(boot.bootLoaders()).containsExactly("grub");
        assertThat(boot.kernels()).extracting(InstalledBoot.Kernel::version).containsExactly(NEW, OLD);
        assertThat(boot.kernels().get(0))
                .isEqualTo(new InstalledBoot.Kernel(
                        NEW,
                        "/boot/vmlinuz-" + NEW,
                        List.of("/boot/initrd.img-" + NEW),
                        Set.of("sd_mod"),
                        Set.of("ahci"),
                        Set.of("nvme"),
                        "UUID=a-1",
                        true,
                        null));
    }

    @Test
    void anImageThatCannotBeReadIsUnknownAndNotEmpty() throws IOException {
        debian(InitramfsTest.Compression.GZIP);

        InstalledBoot.Kernel old = read().kernels().get(1);

        assertThat(old.inInitramfs()).isNull();
        assertThat(old.unreadable()).contains("/boot/initrd.img-" + OLD, "neither a cpio archive");
        assertThat(old.root()).isEqualTo("/dev/sda1");
    }

    @Test
    void withoutAListOfBuiltInDriversTheConfigurationTellsThemAndWithoutBothTheyAreUnknown() throws IOException {
        debian(InitramfsTest.Compression.GZIP);
        Files.delete(root.resolve("lib/modules/" + NEW + "/modules.builtin"));
        assertThat(read().kernels().get(0).builtIn()).isNull();

        write(
                "boot/config-" + NEW,
                "CONFIG_VIRTIO_BLK=y\n# CONFIG_VIRTIO_PCI is not set\nCONFIG_SATA_AHCI=m\nCONFIG_E1000=y\n");
        assertThat(read().kernels().get(0).builtIn()).containsExactlyInAnyOrder("virtio_blk", "e1000");
    }

    @Test
    void aKernelWithoutVersionInItsNameIsReadForItAndExtlinuxStartsItsDefaultFirst() throws IOException {
        write("vmlinuz", kernel("5.10.0"));
        write("other", kernel("4.9.0"));
        write("chain.c32", "x");
        write(
                "boot/extlinux/extlinux.conf",
                "DEFAULT main\nUI /chain.c32\nLABEL memory\n KERNEL /chain.c32\nLABEL old\n LINUX /other\nLABEL main\n"
                        + " LINUX /vmlinuz\n APPEND root=LABEL=tiny quiet\n");

        InstalledBoot boot = read();

        assertThat(boot.bootLoaders()).containsExactly("syslinux");
        assertThat(boot.kernels()).extracting(InstalledBoot.Kernel::version).containsExactly("5.10.0", "4.9.0");
        assertThat(boot.kernels().get(0).root()).isEqualTo("LABEL=tiny");
        assertThat(boot.kernels().get(0).images()).isEmpty();
        assertThat(boot.kernels().get(0).inInitramfs()).isEmpty();
        assertThat(boot.kernels().get(0).modules()).isNull();
    }

    @Test
    void ofLoaderEntriesTheNewestIsFirst() throws IOException {
        write("etc/os-release", "PRETTY_NAME=x\n");
        write("boot/loader/loader.conf", "timeout 3\n");
        for (String version : List.of("5.14.0-1.x86_64", "5.14.0-2.x86_64")) {
            write("boot/vmlinuz-" + version, "no header");
            write(
                    "boot/loader/entries/id-" + version + ".conf",
                    "title t\nlinux /vmlinuz-" + version + "\noptions root=/dev/mapper/vg-root ro\noptions quiet\n");
        }

        assertThat(read().kernels())
                .extracting(InstalledBoot.Kernel::version, InstalledBoot.Kernel::root)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("5.14.0-2.x86_64", "/dev/mapper/vg-root"),
                        org.assertj.core.groups.Tuple.tuple("5.14.0-1.x86_64", "/dev/mapper/vg-root"));
        assertThat(read().bootLoaders()).containsExactly("systemd-boot");
    }

    @Test
    void efiLoadersAreListedInUpperCaseAndUnknownWithoutTheirPartition() throws IOException {
        debian(InitramfsTest.Compression.GZIP);
        assertThat(read().efiLoaders()).isNull();
        Files.createDirectories(root.resolve("boot/efi"));
        assertThat(read().efiLoaders()).isNull();
        Files.createDirectories(root.resolve("boot/efi/EFI"));
        assertThat(read().efiLoaders()).isEmpty();

        write("boot/efi/EFI/debian/shimx64.efi", "x");
        write("boot/efi/EFI/debian/grub.cfg", "x");
        write("boot/efi/EFI/Boot/bootx64.efi", "x");
        assertThat(read().efiLoaders())
                .containsExactlyInAnyOrder("\\EFI\\BOOT\\BOOTX64.EFI", "\\EFI\\DEBIAN\\SHIMX64.EFI");
    }

    @Test
    void mountsThatTheStartDoesNotWaitForAreToldApart() throws IOException {
        debian(InitramfsTest.Compression.GZIP);
        write(
                "etc/fstab",
                "# comment\nUUID=a-1 / ext4 errors=remount-ro 0 1\n/dev/sdb1\t/srv\text4\tnofail\t0 2\n"
                        + "server:/x /mnt nfs defaults 0 0\ntmpfs /tmp tmpfs\nLABEL=data /my\\040data xfs\nbroken\n");

        assertThat(read().mounts())
                .containsExactly(
                        new InstalledBoot.Mount("UUID=a-1", "/", "ext4", true),
                        new InstalledBoot.Mount("/dev/sdb1", "/srv", "ext4", false),
                        new InstalledBoot.Mount("LABEL=data", "/my data", "xfs", true));
    }

    @Test
    void interfacesAreFoundByNameOrByAddress() throws IOException {
        debian(InitramfsTest.Compression.GZIP);
        write(
                "etc/network/interfaces",
                "iface eno1 inet static\n address 10.0.0.2/24\n hwaddress ether 52:54:00:00:00:01\n"
                        + "iface lan0 inet dhcp\niface wan0 inet dhcp\n");
        write("etc/systemd/network/10-lan.link", "[Match]\nMACAddress=52:54:00:00:00:02\n[Link]\nName=lan0\n");
        write(
                "etc/udev/rules.d/70-persistent-net.rules",
                "SUBSYSTEM==\"net\", ATTR{address}==\"52:54:00:00:00:03\", NAME=\"wan0\"\n");
        write(
                "etc/netplan/x.yaml",
                "network: {ethernets: {n: {match: {macaddress: '52:54:00:00:00:04'}, set-name: dmz0}}}\n");

        assertThat(read().networks())
                .containsExactlyInAnyOrder(
                        new InstalledBoot.NetworkBinding("eno1", "ifupdown", false),
                        new InstalledBoot.NetworkBinding("lan0", "ifupdown", true),
                        new InstalledBoot.NetworkBinding("wan0", "ifupdown", true),
                        new InstalledBoot.NetworkBinding("dmz0", "netplan", true));
    }

    @Test
    void aMenuWithoutEndAndNamesWithoutEndAreCutOff() throws IOException {
        debian(InitramfsTest.Compression.GZIP);
        StringBuilder menu = new StringBuilder();
        StringBuilder mounts = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            write("boot/vmlinuz-4." + i, "x");
            menu.append("menuentry x {\n linux /vmlinuz-4.")
                    .append(i)
                    .append(" root=")
                    .append("y".repeat(5000))
                    .append("\n}\n");
            mounts.append("/dev/sd")
                    .append("a".repeat(3000))
                    .append(" /m")
                    .append(i)
                    .append(" ext4\n");
        }
        write("boot/grub/grub.cfg", menu.toString());
        write("etc/fstab", mounts.toString());
        Files.createSymbolicLink(root.resolve("boot/efi"), Path.of("efi"));

        InstalledBoot boot = read();

        assertThat(boot.kernels())
                .hasSize(32)
                .allSatisfy(kernel -> assertThat(kernel.root()).hasSizeLessThanOrEqualTo(255));
        assertThat(boot.mounts()).isNotEmpty().hasSizeLessThanOrEqualTo(128);
        assertThat(boot.efiLoaders()).isNull();
    }

    @Test
    void archivesWithHostileHeadersGiveContentsOrAReason() throws IOException {
        long seed = 20_261_120L;
        Random random = new Random(seed);
        String[] numbers = {
            "00000000", "00000001", "FFFFFFFF", "7FFFFFFF", "80000000", "0000006E", "-0000001", "zzzzzzzz"
        };
        for (int round = 0; round < 60; round++) {
            StringBuilder archive = new StringBuilder();
            for (int entry = 0; entry < 3; entry++) {
                archive.append(random.nextInt(10) == 0 ? "070707" : "070701");
                for (int field = 0; field < 13; field++) {
                    archive.append(
                            random.nextInt(4) == 0
                                    ? numbers[random.nextInt(numbers.length)]
                                    : String.format("%08X", field == 11 ? 4 : random.nextInt(16)));
                }
                archive.append("abc\0").append("x".repeat(random.nextInt(24)));
            }
            debian(InitramfsTest.Compression.NONE);
            write("boot/initrd.img-" + NEW, archive.toString());

            InstalledBoot.Kernel kernel = read().kernels().get(0);

            assertThat(kernel.inInitramfs() == null)
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(kernel.unreadable() != null);
        }
    }
}
