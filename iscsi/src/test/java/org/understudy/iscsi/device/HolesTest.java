package org.understudy.iscsi.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.iscsi.device.BlockDevice.AllocatedRange;
import org.understudy.iscsi.device.BlockDevice.Allocation;

/** What a file says about its holes. */
class HolesTest {

    private static final int MIB = 1 << 20;

    @TempDir
    private Path directory;

    private Path sparse() throws IOException {
        Path file = directory.resolve("sparse: odd name.img");
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(8 * MIB);
        }
        return file;
    }

    @Test
    void qemu_img_sees_data_and_holes() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/qemu-img")), "qemu-img is not installed");
        FileOptions options = FileOptions.DEFAULTS.withHoleMap(new QemuImgHoleMap(new ProcessCommandRunner()));
        try (BlockDevice device = FileBlockDevice.open(sparse(), options)) {
            assertThat(device.allocation(0, 8 * MIB)).isEqualTo(new AllocatedRange(Allocation.HOLE, 8 * MIB));

            byte[] data = BlockDeviceContract.pattern(MIB, 1);
            device.write(2 * MIB, ByteBuffer.wrap(data));
            device.flush();

            assertThat(device.allocation(0, 8 * MIB)).isEqualTo(new AllocatedRange(Allocation.HOLE, 2 * MIB));
            assertThat(device.allocation(2 * MIB, MIB).allocation()).isEqualTo(Allocation.MAPPED);
            assertThat(device.allocation(3 * MIB, 5 * MIB)).isEqualTo(new AllocatedRange(Allocation.HOLE, 5 * MIB));
        }
    }

    @Test
    void one_question_serves_many_and_every_change_asks_again() throws IOException {
        AtomicInteger questions = new AtomicInteger();
        HoleMap halves = (file, offset, length) -> {
            questions.incrementAndGet();
            return List.of(new HoleMap.Range(true, 0, 4 * MIB), new HoleMap.Range(false, 4 * MIB, 4 * MIB));
        };
        try (BlockDevice device = FileBlockDevice.open(sparse(), FileOptions.DEFAULTS.withHoleMap(halves))) {
            assertThat(device.allocation(MIB, 7 * MIB)).isEqualTo(new AllocatedRange(Allocation.HOLE, 3 * MIB));
            int first = questions.get();
            device.write(0, ByteBuffer.allocate(512));
            device.allocation(0, MIB);
            assertThat(questions.get()).isGreaterThan(first);
            int second = questions.get();
            device.unmap(0, 512);
            device.allocation(0, MIB);
            assertThat(questions.get()).isGreaterThan(second);
        }
    }

    @Test
    void a_map_that_knows_nothing_means_mapped() throws IOException {
        try (BlockDevice device = FileBlockDevice.open(sparse(), false)) {
            assertThat(device.allocation(0, 4096)).isEqualTo(new AllocatedRange(Allocation.MAPPED, 4096));
        }
    }
}
