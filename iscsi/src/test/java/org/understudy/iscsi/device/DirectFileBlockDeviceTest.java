package org.understudy.iscsi.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Past the page cache everything must be as through it, down to single bytes. Needs a file system that can O_DIRECT. */
class DirectFileBlockDeviceTest extends BlockDeviceContract {

    private static final FileOptions DIRECT = FileOptions.DEFAULTS.withDirect(true);

    private Path directory;

    @BeforeEach
    @Override
    void open() throws IOException {
        directory = Files.createTempDirectory(Path.of("/var/tmp"), "understudy-direct-");
        try {
            super.open();
        } catch (IOException e) {
            assumeTrue(!String.valueOf(e.getMessage()).contains("is not possible here"), e.getMessage());
            throw e;
        }
    }

    @AfterEach
    void remove() throws IOException {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    @Override
    BlockDevice create() throws IOException {
        return FileBlockDevice.open(file("direct.img", SIZE), DIRECT);
    }

    private Path file(String name, long size) throws IOException {
        Path file = directory.resolve(name);
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(size);
        }
        return file;
    }

    @Test
    void neighbours_inside_one_unit_do_not_lose_each_others_blocks() throws IOException {
        try (BlockDevice device = FileBlockDevice.open(file("shared.img", SIZE), DIRECT)) {
            byte[] content = pattern(SIZE, 5);
            IntStream.range(0, SIZE / 512).parallel().forEach(block -> {
                try {
                    device.write(block * 512L, ByteBuffer.wrap(content, block * 512, 512));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            ByteBuffer found = ByteBuffer.allocate(SIZE);
            device.read(0, found);
            assertThat(Arrays.mismatch(found.array(), content)).isEqualTo(-1);
        }
    }

    @Test
    void random_ranges_equal_a_model() throws IOException {
        Random random = new Random(77);
        byte[] model = new byte[SIZE];
        try (BlockDevice device = FileBlockDevice.open(file("model.img", SIZE), DIRECT)) {
            for (int step = 0; step < 200; step++) {
                int length = 1 + random.nextInt(20_000);
                int offset = random.nextInt(SIZE - length);
                byte[] data = pattern(length, step);
                ByteBuffer source = step % 2 == 0
                        ? ByteBuffer.wrap(data)
                        : ByteBuffer.allocateDirect(length).put(data).flip();
                device.write(offset, source);
                System.arraycopy(data, 0, model, offset, length);
            }
            ByteBuffer found = ByteBuffer.allocateDirect(SIZE);
            device.read(0, found);
            assertThat(found.flip().mismatch(ByteBuffer.wrap(model)))
                    .as("seed 77")
                    .isEqualTo(-1);
        }
    }

    @Test
    void a_file_of_another_size_is_refused_with_the_reason() {
        assertThatThrownBy(() -> FileBlockDevice.open(file("odd.img", 10_000), DIRECT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("10000");
    }
}
