package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.understudy.agent.linux.device.DeviceNumber;

class GranuleRangeTest {

    private static final int SHIFT = 3;

    private static TrackedDevice device(boolean partition, long start, long sectors) {
        DeviceNumber number = new DeviceNumber(253, 0);
        return new TrackedDevice("dm-0", number, number, start, sectors, partition, 1, 0, false);
    }

    @Test
    void aRangeOfAWholeDiskReachesFromItsFirstToItsLastSector() {
        TrackedDevice disk = device(false, 0, 1 << 20);

        assertThat(GranuleRange.of(disk, 0, 512, SHIFT)).contains(new GranuleRange(0, 0));
        assertThat(GranuleRange.of(disk, 7, 1024, SHIFT)).contains(new GranuleRange(0, 1));
        assertThat(GranuleRange.of(disk, 8, 4096, SHIFT)).contains(new GranuleRange(1, 1));
        assertThat(GranuleRange.of(disk, 80, (1L << 32) - 4096, SHIFT)).contains(new GranuleRange(10, 1_048_584));
    }

    @Test
    void nothingIsWrittenByAnEmptyOne() {
        assertThat(GranuleRange.of(device(false, 0, 1 << 20), 8, 0, SHIFT)).isEmpty();
    }

    @Test
    void ofAPartitionOnlyWhatLiesInItCountsFromItsStartOn() {
        TrackedDevice partition = device(true, 100, 64);

        assertThat(GranuleRange.of(partition, 90, 10 * 512, SHIFT))
                .as("before it")
                .isEmpty();
        assertThat(GranuleRange.of(partition, 90, 11 * 512, SHIFT))
                .as("its first sector")
                .contains(new GranuleRange(0, 0));
        assertThat(GranuleRange.of(partition, 108, 8 * 512, SHIFT)).contains(new GranuleRange(1, 1));
        assertThat(GranuleRange.of(partition, 163, 512, SHIFT))
                .as("its last sector")
                .contains(new GranuleRange(7, 7));
        assertThat(GranuleRange.of(partition, 163, 1 << 20, SHIFT)).contains(new GranuleRange(7, 7));
        assertThat(GranuleRange.of(partition, 0, 1 << 20, SHIFT))
                .as("all of it")
                .contains(new GranuleRange(0, 7));
        assertThat(GranuleRange.of(partition, 164, 512, SHIFT)).as("behind it").isEmpty();
    }
}
