package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.agent.linux.device.DeviceNumber;
import org.understudy.core.command.ScriptedCommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

class DeviceProbeTest {

    private static final List<String> TABLE = List.of("dmsetup", "table", "vg-lv");

    @TempDir
    Path sys;

    private Path device(String path, String number, String sectors) throws IOException {
        Path directory = Files.createDirectories(sys.resolve("devices").resolve(path));
        Files.writeString(directory.resolve("dev"), number + "\n");
        Files.writeString(directory.resolve("size"), sectors + "\n");
        String name = directory.getFileName().toString();
        Files.createSymbolicLink(sys.resolve("class/block").resolve(name), directory);
        Files.createSymbolicLink(sys.resolve("dev/block").resolve(number), directory);
        return directory;
    }

    @BeforeEach
    void links() throws IOException {
        Files.createDirectories(sys.resolve("class/block"));
        Files.createDirectories(sys.resolve("dev/block"));
    }

    private void mapped() throws IOException {
        Path lv = device("dm-0", "253:0", "8192");
        Files.createDirectories(lv.resolve("dm"));
        Files.writeString(lv.resolve("dm/name"), "vg-lv\n");
        Files.writeString(lv.resolve("dm/uuid"), "LVM-abc\n");
        Path below = device("sdb", "8:16", "16384");
        Files.createDirectories(lv.resolve("slaves"));
        Files.createSymbolicLink(lv.resolve("slaves/sdb"), below);
    }

    @Test
    void aPartitionIsSeenOnItsDisk() throws Exception {
        Path disk = device("sda", "8:0", "1000000");
        Files.createDirectories(disk.resolve("mq"));
        Files.writeString(disk.resolve("diskseq"), "12\n");
        Path partition = device("sda/sda2", "8:2", "4096");
        Files.writeString(partition.resolve("partition"), "2\n");
        Files.writeString(partition.resolve("start"), "2048\n");

        TrackedDevice found = new DeviceProbe(sys, new ScriptedCommandRunner()).find("sda2");

        assertThat(found)
                .isEqualTo(new TrackedDevice(
                        "sda2", new DeviceNumber(8, 2), new DeviceNumber(8, 0), 2048, 4096, true, 12, 0, true));
    }

    @Test
    void anotherTableOfAMappedDeviceMakesItAnotherStack() throws Exception {
        mapped();
        ScriptedCommandRunner commands = new ScriptedCommandRunner()
                .on(TABLE, "0 8192 linear 8:16 2048")
                .on(TABLE, "0 8192 linear 8:16 2048")
                .on(TABLE, "0 8192 linear 8:16 10240");
        DeviceProbe probe = new DeviceProbe(sys, commands);

        TrackedDevice first = probe.find("dm-0");

        assertThat(first.requestBased()).isFalse();
        assertThat(first.sequence()).isEqualTo(-1);
        assertThat(probe.find("dm-0")).isEqualTo(first);
        assertThat(probe.find("dm-0").stack()).isNotEqualTo(first.stack());
    }

    @Test
    void aMappedDeviceWhoseTableCannotBeReadIsNotTracked() throws Exception {
        mapped();
        ScriptedCommandRunner commands = new ScriptedCommandRunner()
                .throwOn(
                        TABLE,
                        Problem.of(ProblemCode.COMMAND_MISSING, "program", "dmsetup")
                                .asException())
                .failOn(TABLE, 1, "Device vg-lv not found");
        DeviceProbe probe = new DeviceProbe(sys, commands);

        assertThatThrownBy(() -> probe.find("dm-0"))
                .isInstanceOf(TrackingException.class)
                .hasMessageContaining("ithout the program dmsetup");
        assertThatThrownBy(() -> probe.find("dm-0")).hasMessageContaining("Device vg-lv not found");
    }

    @Test
    void whatIsNoBlockDeviceOrHasNoSizeIsExplained() throws Exception {
        device("loop5", "7:5", "0");
        DeviceProbe probe = new DeviceProbe(sys, new ScriptedCommandRunner());

        assertThatThrownBy(() -> probe.find("loop5")).hasMessageContaining("It has no size");
        assertThatThrownBy(() -> probe.find("sdz")).hasMessageContaining("There is no such device");
        assertThatThrownBy(() -> probe.probe(sys.resolve("nothing"))).hasMessageContaining("There is no such file");
        assertThatThrownBy(() -> probe.probe(Path.of("/dev/null"))).hasMessageContaining("not a block device");
        assertThatThrownBy(() -> probe.probe(sys)).hasMessageContaining("not a block device");
    }
}
