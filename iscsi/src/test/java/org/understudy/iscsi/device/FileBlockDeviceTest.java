package org.understudy.iscsi.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.ProcessCommandRunner;

class FileBlockDeviceTest extends BlockDeviceContract {

    @TempDir
    private Path directory;

    @Override
    BlockDevice create() throws IOException {
        return FileBlockDevice.open(file("disk with a näme.img", SIZE), false);
    }

    private Path file(String name, long size) throws IOException {
        Path file = directory.resolve(name);
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(size);
        }
        return file;
    }

    @Test
    void a_read_only_device_refuses_to_change() throws IOException {
        try (BlockDevice device = FileBlockDevice.open(file("ro.img", SIZE), true)) {
            assertThat(device.readOnly()).isTrue();
            assertThatThrownBy(() -> device.write(0, ByteBuffer.allocate(512)))
                    .isInstanceOf(ReadOnlyDeviceException.class);
            assertThatThrownBy(() -> device.unmap(0, 512)).isInstanceOf(ReadOnlyDeviceException.class);
            device.flush();
        }
    }

    @Test
    void the_size_is_whole_blocks() throws IOException {
        try (BlockDevice device = FileBlockDevice.open(file("odd.img", 10_000), false, 4096)) {
            assertThat(device.sizeBytes()).isEqualTo(8192);
            assertThat(device.blockSize()).isEqualTo(4096);
        }
    }

    @Test
    void unmap_goes_to_the_hole_puncher() throws IOException {
        List<String> punched = new ArrayList<>();
        Path file = file("punched.img", SIZE);
        HolePuncher puncher = (path, channel, offset, length) -> punched.add(path + " " + offset + "+" + length);
        try (BlockDevice device = FileBlockDevice.open(file, false, 512, puncher)) {
            device.unmap(4096, 8192);
            device.unmap(0, 0);
        }
        assertThat(punched).containsExactly(file + " 4096+8192");
    }

    @Test
    void fallocate_gives_space_back() throws IOException {
        Path file = file("holes.img", 4 << 20);
        HolePuncher puncher = new FallocateHolePuncher(new ProcessCommandRunner());
        try (BlockDevice device = FileBlockDevice.open(file, false, 512, puncher)) {
            device.write(0, ByteBuffer.wrap(pattern(4 << 20, 1)));
            device.flush();
            long before = blocks(file);

            device.unmap(1 << 20, 2 << 20);
            device.flush();

            assertThat(blocks(file)).isLessThan(before);
            ByteBuffer hole = ByteBuffer.allocate(2 << 20);
            device.read(1 << 20, hole);
            assertThat(hole.array()).isEqualTo(new byte[2 << 20]);
        }
        assertThat(Files.size(file)).isEqualTo(4 << 20);
    }

    private static long blocks(Path file) {
        return Long.parseLong(new ProcessCommandRunner()
                .run(org.understudy.core.command.Command.of("stat", "--format=%b", file.toString()))
                .orThrow()
                .output()
                .strip());
    }
}
