package org.understudy.iscsi.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every writable {@link BlockDevice} must do. */
abstract class BlockDeviceContract {

    static final int SIZE = 1 << 20;

    private BlockDevice device;

    /** A fresh device of {@link #SIZE} bytes that reads as zeros. */
    abstract BlockDevice create() throws IOException;

    @BeforeEach
    void open() throws IOException {
        device = create();
    }

    @AfterEach
    void close() throws IOException {
        device.close();
    }

    @Test
    void a_fresh_device_has_its_size_and_reads_as_zeros() throws IOException {
        assertThat(device.sizeBytes()).isEqualTo(SIZE);
        assertThat(device.readOnly()).isFalse();
        assertThat(read(0, SIZE)).isEqualTo(new byte[SIZE]);
    }

    @Test
    void what_is_written_is_read_back_and_nothing_else_changes() throws IOException {
        device.write(70_000, ByteBuffer.wrap(pattern(100_000, 1)));

        assertThat(read(70_000, 100_000)).isEqualTo(pattern(100_000, 1));
        assertThat(read(0, 70_000)).isEqualTo(new byte[70_000]);
        assertThat(read(170_000, 4096)).isEqualTo(new byte[4096]);
    }

    @Test
    void direct_and_heap_buffers_are_consumed_alike() throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(4096);
        direct.put(pattern(4096, 2)).flip();
        device.write(4096, direct);
        assertThat(direct.hasRemaining()).isFalse();

        ByteBuffer target = ByteBuffer.allocateDirect(4096);
        device.read(4096, target);
        assertThat(target.hasRemaining()).isFalse();
        assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(pattern(4096, 2)));
    }

    @Test
    void unmapped_ranges_read_as_zeros_to_the_byte() throws IOException {
        byte[] content = pattern(SIZE, 3);
        device.write(0, ByteBuffer.wrap(content));

        device.unmap(10_000, 300_001);

        Arrays.fill(content, 10_000, 310_001, (byte) 0);
        assertThat(read(0, SIZE)).isEqualTo(content);
    }

    @Test
    void nothing_outside_of_the_device_can_be_touched() {
        assertThatThrownBy(() -> device.read(SIZE - 10, ByteBuffer.allocate(11)))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> device.write(SIZE, ByteBuffer.allocate(1)))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> device.unmap(-1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> device.unmap(1, Long.MAX_VALUE)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void allocation_describes_the_range_from_its_first_byte() throws IOException {
        device.write(131_072, ByteBuffer.wrap(pattern(65_536, 4)));

        BlockDevice.AllocatedRange range = device.allocation(131_072, 65_536);

        assertThat(range.allocation()).isEqualTo(BlockDevice.Allocation.MAPPED);
        assertThat(range.length()).isBetween(1L, 65_536L);
    }

    @Test
    void flush_and_a_second_close_are_harmless() throws IOException {
        device.flush();
        device.close();
        device.close();
    }

    @Test
    void a_read_only_view_shows_everything_and_changes_nothing() throws IOException {
        device.write(0, ByteBuffer.wrap(pattern(4096, 5)));
        BlockDevice view = new ReadOnlyBlockDevice(device);

        assertThat(view.readOnly()).isTrue();
        assertThatThrownBy(() -> view.write(0, ByteBuffer.allocate(512))).isInstanceOf(ReadOnlyDeviceException.class);
        assertThatThrownBy(() -> view.unmap(0, 512)).isInstanceOf(ReadOnlyDeviceException.class);
        ByteBuffer target = ByteBuffer.allocate(4096);
        view.read(0, target);
        assertThat(target.array()).isEqualTo(pattern(4096, 5));
    }

    private byte[] read(long offset, int length) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(length);
        device.read(offset, target);
        return target.array();
    }

    static byte[] pattern(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
