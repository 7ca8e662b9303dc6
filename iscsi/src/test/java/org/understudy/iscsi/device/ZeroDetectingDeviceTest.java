package org.understudy.iscsi.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZeroDetectingDeviceTest extends BlockDeviceContract {

    @Override
    BlockDevice create() {
        return new ZeroDetectingDevice(new MemoryBlockDevice(SIZE));
    }

    @Test
    void zeros_free_what_they_overwrite() throws Exception {
        MemoryBlockDevice below = new MemoryBlockDevice(SIZE);
        try (BlockDevice device = new ZeroDetectingDevice(below)) {
            device.write(0, ByteBuffer.wrap(pattern(SIZE, 1)));
            device.write(0, ByteBuffer.allocate(SIZE));
            assertThat(below.allocatedBytes()).isZero();
        }
    }

    @Test
    void only_whole_units_of_zeros_are_left_out() throws Exception {
        MemoryBlockDevice below = new MemoryBlockDevice(SIZE);
        try (BlockDevice device = new ZeroDetectingDevice(below)) {
            ByteBuffer mixed = ByteBuffer.allocate(5 * 65536);
            mixed.put(65536, (byte) 1).put(4 * 65536 - 1, (byte) 2);
            device.write(512, mixed);
            // The first unit is begun at 512, so it is data; units 2 and 4 hold the ones, unit 3 is zeros.
            assertThat(below.allocatedBytes()).isLessThan(6 * 65536);
            ByteBuffer found = ByteBuffer.allocate(mixed.capacity());
            device.read(512, found);
            assertThat(found.array()).isEqualTo(mixed.array());
        }
    }

    @Test
    void random_writes_equal_a_model() throws Exception {
        Random random = new Random(42);
        byte[] model = new byte[SIZE];
        try (BlockDevice device = create()) {
            for (int step = 0; step < 100; step++) {
                int length = 1 + random.nextInt(300_000);
                int offset = random.nextInt(SIZE - length);
                byte[] data = new byte[length];
                if (random.nextBoolean()) {
                    random.nextBytes(data);
                    Arrays.fill(data, length / 3, length / 3 * 2, (byte) 0);
                }
                device.write(offset, ByteBuffer.wrap(data));
                System.arraycopy(data, 0, model, offset, length);
            }
            ByteBuffer found = ByteBuffer.allocate(SIZE);
            device.read(0, found);
            assertThat(Arrays.mismatch(found.array(), model)).as("seed 42").isEqualTo(-1);
        }
    }
}
