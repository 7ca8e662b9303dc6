package org.understudy.iscsi.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class MemoryBlockDeviceTest extends BlockDeviceContract {

    @Override
    BlockDevice create() {
        return new MemoryBlockDevice(SIZE);
    }

    @Test
    void a_huge_device_takes_memory_only_for_what_is_written() {
        MemoryBlockDevice device = new MemoryBlockDevice(1L << 50);

        device.write((1L << 50) - 4096, ByteBuffer.allocate(4096));

        assertThat(device.allocatedBytes()).isLessThanOrEqualTo(64 << 10);
        device.unmap(0, 1L << 20);
        assertThat(device.allocation(0, 1L << 40).allocation()).isEqualTo(BlockDevice.Allocation.HOLE);
    }

    @Test
    void unmapping_frees_whole_pages() {
        MemoryBlockDevice device = new MemoryBlockDevice(SIZE);
        device.write(0, ByteBuffer.allocate(SIZE));

        device.unmap(0, SIZE);

        assertThat(device.allocatedBytes()).isZero();
    }
}
