package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.core.protocol.HostFacts;

/** Disks, mounts and interfaces of a machine whose sysfs and procfs are made of files. */
class DeviceFactsTest {

    @TempDir
    Path root;

    private KernelFiles files;

    @BeforeEach
    void machine() throws IOException {
        files = KernelFiles.under(root);
        disk("sda", "8:0", "2048");
        write("sys/devices/sda/device/wwid", "naa.5000c500a1b2c3d4");
        write("sys/devices/sda/device/model", "Spinner 1  ");
        partition("sda", "sda1", "8:1", "2048");
        partition("sda", "sda2", "8:2", "206848");
        disk("vdb", "254:16", "4096");
        write("sys/devices/vdb/serial", "disk two/β");
        disk("loop0", "7:0", "100");
        disk("sr0", "11:0", "100");
        disk("sdz", "65:144", "0");
        disk("dm-0", "253:0", "100");
        link("sys/devices/dm-0/slaves/sda2", "../../sda/sda2");
        link("sys/devices/dm-0/slaves/vdb", "../../vdb");
        write(
                "proc/self/mountinfo",
                "1 0 253:0 / / rw - ext4 /dev/mapper/root rw\n" + "2 1 8:1 / /boot rw - ext4 /dev/sda1 rw\n"
                        + "3 1 8:1 / /srv/bind rw - ext4 /dev/sda1 rw\n"
                        + "4 1 0:22 / /proc rw - proc proc rw\n"
                        + "5 2 0:30 / /boot rw - tmpfs none rw\n");
    }

    private void write(String path, String content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.resolveSibling("x").getParent());
        Files.writeString(file, content + "\n");
    }

    private void link(String path, String target) throws IOException {
        Path link = root.resolve(path);
        Files.createDirectories(link.resolveSibling("x").getParent());
        Files.createSymbolicLink(link, Path.of(target));
    }

    private void disk(String name, String number, String sectors) throws IOException {
        write("sys/devices/" + name + "/size", sectors);
        link("sys/block/" + name, "../devices/" + name);
        link("sys/dev/block/" + number, "../../devices/" + name);
    }

    private void partition(String disk, String name, String number, String start) throws IOException {
        write("sys/devices/" + disk + "/" + name + "/partition", "1");
        write("sys/devices/" + disk + "/" + name + "/start", start);
        link("sys/dev/block/" + number, "../../devices/" + disk + "/" + name);
    }

    @Test
    void onlyDisksInTheEverydaySenseAreOfferedByStableKeys() {
        assertThat(new BlockDevices(files, List.of()).find())
                .extracting(BlockDevice::name, BlockDevice::key, BlockDevice::model)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("sda", "wwn-naa.5000c500a1b2c3d4", "Spinner 1"),
                        org.assertj.core.groups.Tuple.tuple("vdb", "serial-disk-two-", null));
    }

    @Test
    void mountsAreFoundOnPartitionsAndThroughMappedDevices() throws IOException {
        assertThat(new MountFinder(files).mountsOf("sda"))
                .extracting(FileSystemMount::mountPoint, FileSystemMount::offsetBytes)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(Path.of("/"), -1L),
                        org.assertj.core.groups.Tuple.tuple(Path.of("/srv/bind"), 2048L * 512));
        assertThat(new MountFinder(files).mountsOf("vdb"))
                .extracting(FileSystemMount::mountPoint, FileSystemMount::offsetBytes)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(Path.of("/"), -1L));
    }

    @Test
    void aFileSystemOfAMappedDeviceIsFoundOnThatDeviceAtItsStart() throws IOException {
        assertThat(new MountFinder(files).mountsOf("dm-0"))
                .extracting(FileSystemMount::mountPoint, FileSystemMount::offsetBytes)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(Path.of("/"), 0L));
    }

    @Test
    void aPartitionOfARaidDeviceLiesOnTheDeviceAtItsOffsetAndOnTheMembersSomewhere() throws IOException {
        disk("md0", "9:0", "100000");
        link("sys/devices/md0/slaves/vdb", "../../vdb");
        partition("md0", "md0p1", "259:7", "64");
        write("proc/self/mountinfo", "1 0 259:7 / /srv rw - ext4 /dev/md0p1 rw");

        assertThat(new MountFinder(files).mountsOf("md0"))
                .extracting(FileSystemMount::offsetBytes)
                .containsExactly(64L * 512);
        assertThat(new MountFinder(files).mountsOf("vdb"))
                .extracting(FileSystemMount::offsetBytes)
                .containsExactly(-1L);
    }

    @Test
    void interfacesThatAreHardwareCountAndABondMemberKeepsItsOwnAddress() throws IOException {
        write("sys/class/net/lo/type", "772");
        write("sys/class/net/lo/address", "00:00:00:00:00:00");
        write("sys/class/net/br0/type", "1");
        write("sys/class/net/br0/address", "02:00:00:00:00:01");
        write("sys/class/net/eth0/type", "1");
        write("sys/class/net/eth0/address", "52:54:00:00:00:09");
        write("sys/class/net/eth0/bonding_slave/perm_hwaddr", "52:54:00:00:00:01");
        Files.createDirectories(root.resolve("sys/drivers/virtio-net"));
        Files.createDirectories(root.resolve("sys/class/net/eth0/device"));
        link("sys/class/net/eth0/device/driver", "../../../../drivers/virtio-net");

        assertThat(NetworkFacts.read(files))
                .singleElement()
                .extracting(HostFacts.NetworkInterface::macAddress, HostFacts.NetworkInterface::driver)
                .containsExactly("52:54:00:00:00:01", "virtio_net");
    }

    @Test
    void aMachineIdIsReadOrMadeOnceAndKept() throws IOException {
        String made = HostIdentity.machineId(files, root);
        assertThat(made).matches("[0-9a-f]{32}").isEqualTo(HostIdentity.machineId(files, root));
        write("etc/machine-id", "0123456789abcdef0123456789abcdef");
        assertThat(HostIdentity.machineId(files, root)).isEqualTo("0123456789abcdef0123456789abcdef");
    }
}
