package org.understudy.agent.linux.bootfacts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.agent.linux.device.DeviceNumber;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.MachineBoot;

/** A machine whose sysfs and procfs are made of files. */
class MachineFactsTest {

    private static final String GLOBAL = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";

    @TempDir
    Path root;

    private void write(String path, byte[] content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    private void write(String path, String content) throws IOException {
        write(path, (content + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private void variable(String name, byte[] value) throws IOException {
        write(
                "sys/firmware/efi/efivars/" + name + GLOBAL,
                ByteBuffer.allocate(4 + value.length)
                        .put(new byte[] {7, 0, 0, 0})
                        .put(value)
                        .array());
    }

    /** A load option with a hard drive node, a file node and the end. */
    private static byte[] option(boolean active, String name, String path) {
        byte[] description = (name + "\0").getBytes(StandardCharsets.UTF_16LE);
        byte[] file = (path + "\0").getBytes(StandardCharsets.UTF_16LE);
        ByteBuffer option = ByteBuffer.allocate(6 + description.length + 42 + 4 + file.length + 4)
                .order(ByteOrder.LITTLE_ENDIAN);
        option.putInt(active ? 1 : 0)
                .putShort((short) (42 + 4 + file.length + 4))
                .put(description);
        int drive = option.position();
        option.put((byte) 4).put((byte) 1).putShort((short) 42);
        option.putInt(drive + 24, 0x11223344)
                .putShort(drive + 28, (short) 0x5566)
                .putShort(drive + 30, (short) 0x7788);
        for (int i = 0; i < 8; i++) {
            option.put(drive + 32 + i, (byte) (0xa0 + i));
        }
        option.put(drive + 40, (byte) 2).put(drive + 41, (byte) 2).position(drive + 42);
        option.put((byte) 4).put((byte) 4).putShort((short) (4 + file.length)).put(file);
        option.put((byte) 0x7f).put((byte) 0xff).putShort((short) 4);
        return option.array();
    }

    private void disk(String name, String number) throws IOException {
        write("sys/devices/" + name + "/size", "2048");
        link("sys/dev/block/" + number, "../../devices/" + name);
    }

    private void link(String path, String target) throws IOException {
        Path link = root.resolve(path);
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, Path.of(target));
    }

    private MachineBoot read(MachineFacts.@Nullable RootMount mount, Map<String, String> keys) {
        return new MachineFacts(root.resolve("sys"), root.resolve("proc")).read(List.of(), mount, true, keys);
    }

    @Test
    void aMachineThatTellsNothingIsUnknownInEveryPart() {
        assertThat(read(null, Map.of()))
                .isEqualTo(new MachineBoot(
                        MachineBoot.Kind.UNKNOWN, null, null, null, List.of(), List.of(), null, List.of()));
    }

    @Test
    void aBiosHasNoFolderOfUefiAndTheProductTellsAVirtualMachine() throws IOException {
        Files.createDirectories(root.resolve("sys/firmware/acpi"));
        write("sys/class/dmi/id/sys_vendor", "QEMU");
        write("sys/class/dmi/id/product_name", "Standard PC (i440FX + PIIX, 1996)");

        MachineBoot machine = read(null, Map.of());

        assertThat(machine.firmware()).isEqualTo(HostFacts.Firmware.BIOS);
        assertThat(machine.kind()).isEqualTo(MachineBoot.Kind.VIRTUAL);
        assertThat(machine.product()).isEqualTo("QEMU Standard PC (i440FX + PIIX, 1996)");
    }

    @Test
    void bootEntriesOfUefiAreReadInTheirOrder() throws IOException {
        write("sys/class/dmi/id/sys_vendor", "Maker Inc.");
        variable("SecureBoot", new byte[] {1});
        variable("BootOrder", new byte[] {3, 0, 1, 0, 9, 0});
        variable("Boot0001", option(true, "debian", "\\EFI\\debian\\shimx64.efi"));
        variable("Boot0003", option(false, "光盘", "\\EFI\\BOOT\\BOOTX64.EFI"));

        MachineBoot machine = read(null, Map.of());

        assertThat(machine.kind()).isEqualTo(MachineBoot.Kind.PHYSICAL);
        assertThat(machine.firmware()).isEqualTo(HostFacts.Firmware.UEFI);
        assertThat(machine.secureBoot()).isTrue();
        String guid = "11223344-5566-7788-a0a1-a2a3a4a5a6a7";
        assertThat(machine.entries())
                .containsExactly(
                        new MachineBoot.FirmwareEntry("光盘", false, "\\EFI\\BOOT\\BOOTX64.EFI", guid),
                        new MachineBoot.FirmwareEntry("debian", true, "\\EFI\\debian\\shimx64.efi", guid));
    }

    @Test
    void mutatedVariablesGiveEntriesOrNone() throws IOException {
        long seed = 20_261_122L;
        Random random = new Random(seed);
        byte[] good = option(true, "debian", "\\EFI\\debian\\shimx64.efi");
        variable("BootOrder", new byte[] {1, 0});
        for (int round = 0; round < 300; round++) {
            byte[] bad = java.util.Arrays.copyOf(good, random.nextInt(good.length + 1));
            for (int i = 0; i < 4 && bad.length > 0; i++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            variable("Boot0001", bad);
            assertThat(read(null, Map.of()).entries())
                    .as("seed %d round %d", seed, round)
                    .hasSizeLessThanOrEqualTo(1)
                    .allSatisfy(entry -> assertThat(entry.name()).isNotEmpty());
        }
    }

    @Test
    void layersBelowTheRootAreFollowedDownToDisks() throws IOException {
        disk("sda", "8:0");
        write("sys/devices/sda/sda2/partition", "2");
        disk("sdb", "8:16");
        disk("md0", "9:0");
        write("sys/devices/md0/md/level", "raid1");
        link("sys/devices/md0/slaves/sda2", "../../sda/sda2");
        link("sys/devices/md0/slaves/sdb", "../../sdb");
        disk("dm-0", "253:0");
        write("sys/devices/dm-0/dm/uuid", "CRYPT-LUKS2-1-x");
        link("sys/devices/dm-0/slaves/md0", "../../md0");
        disk("dm-1", "253:1");
        write("sys/devices/dm-1/dm/uuid", "LVM-abc");
        link("sys/devices/dm-1/slaves/dm-0", "../../dm-0");

        MachineBoot machine =
                read(new MachineFacts.RootMount("xfs", List.of(new DeviceNumber(253, 1))), Map.of("sda", "wwn-a"));

        assertThat(machine.root())
                .isEqualTo(new MachineBoot.RootStack(
                        "xfs",
                        List.of("lvm", "luks", "md raid1", "partition", "disk"),
                        List.of("wwn-a"),
                        List.of("sdb")));
    }

    @Test
    void devicesStackedInACircleAndDevicesThatWentAreUnknown() throws IOException {
        disk("dm-0", "253:0");
        disk("dm-1", "253:1");
        link("sys/devices/dm-0/slaves/dm-1", "../../dm-1");
        link("sys/devices/dm-1/slaves/dm-0", "../../dm-0");

        assertThat(read(new MachineFacts.RootMount("ext4", List.of(new DeviceNumber(253, 0))), Map.of())
                        .root())
                .isNull();
        assertThat(read(new MachineFacts.RootMount("ext4", List.of(new DeviceNumber(8, 99))), Map.of())
                        .root())
                .isNull();
    }

    @Test
    void aSystemThatDoesNotRunHereSaysNothingOfThisFirmware() throws IOException {
        Files.createDirectories(root.resolve("sys/firmware/efi"));

        MachineBoot machine =
                new MachineFacts(root.resolve("sys"), root.resolve("proc")).read(List.of(), null, false, Map.of());

        assertThat(machine.firmware()).isNull();
        assertThat(machine.kind()).isEqualTo(MachineBoot.Kind.UNKNOWN);
    }

    @Test
    void routesOverGatewaysAreReadOfBothProtocols() throws IOException {
        write(
                "proc/net/route",
                "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"
                        + "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\n"
                        + "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\n"
                        + "eth0\t0000000A\tFE0200C0\t0003\t0\t0\t0\t000000FF\t0\nnonsense\n");
        write(
                "proc/net/ipv6_route",
                "00000000000000000000000000000000 00 00000000000000000000000000000000 00"
                        + " fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0");

        assertThat(read(null, Map.of()).routes())
                .containsExactly(
                        new MachineBoot.Route("0.0.0.0/0", "192.0.2.1", "eth0"),
                        new MachineBoot.Route("10.0.0.0/8", "192.0.2.254", "eth0"),
                        new MachineBoot.Route("0:0:0:0:0:0:0:0/0", "fe80:0:0:0:0:0:0:1", "eth0"));
    }
}
