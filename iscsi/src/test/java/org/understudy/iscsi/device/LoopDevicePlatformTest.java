package org.understudy.iscsi.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;

/** A real block device node. Needs root and loop devices. */
@Tag("platform")
class LoopDevicePlatformTest extends BlockDeviceContract {

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private Path directory = Path.of("");
    private Path backing = Path.of("");
    private Path node = Path.of("");

    @Override
    BlockDevice create() throws IOException {
        directory = Files.createTempDirectory(Path.of("/var/tmp"), "understudy-loop-");
        backing = directory.resolve("backing.img");
        try (RandomAccessFile access = new RandomAccessFile(backing.toFile(), "rw")) {
            access.setLength(SIZE);
        }
        node = Path.of(run("losetup", "--find", "--show", backing.toString()));
        return open(false);
    }

    private BlockDevice open(boolean direct) throws IOException {
        return FileBlockDevice.open(
                node, FileOptions.DEFAULTS.withDirect(direct).withHolePuncher(new FallocateHolePuncher(commands)));
    }

    private String run(String... command) {
        return commands.run(Command.of(command)).orThrow().output().strip();
    }

    @AfterEach
    void detach() throws IOException {
        run("losetup", "--detach", node.toString());
        Files.delete(backing);
        Files.delete(directory);
    }

    @Test
    void a_discard_frees_space_below() throws IOException {
        try (BlockDevice device = open(true)) {
            device.write(0, ByteBuffer.wrap(pattern(SIZE, 1)));
            device.flush();
            long before = Long.parseLong(run("stat", "--format=%b", backing.toString()));
            device.unmap(0, SIZE / 2);
            device.flush();
            assertThat(Long.parseLong(run("stat", "--format=%b", backing.toString())))
                    .isLessThan(before);
            ByteBuffer hole = ByteBuffer.allocate(SIZE / 2);
            device.read(0, hole);
            assertThat(hole.array()).isEqualTo(new byte[SIZE / 2]);
        }
    }

    @Test
    void a_device_that_grew_says_so_when_asked_again() throws IOException {
        try (BlockDevice device = open(false)) {
            assertThat(device.sizeBytes()).isEqualTo(SIZE);
            try (RandomAccessFile access = new RandomAccessFile(backing.toFile(), "rw")) {
                access.setLength(2 * SIZE);
            }
            run("losetup", "--set-capacity", node.toString());
            device.refreshSize();
            assertThat(device.sizeBytes()).isEqualTo(2 * SIZE);
        }
    }
}
