package org.understudy.demo.bench.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorkloadTest {

    private static final long DISK = 1 << 26;
    private static final int BLOCK = 1 << 16;

    @Test
    void aScatteredWalkVisitsEveryBlockOnceBeforeAnyTwice() {
        Workload scattered = new Workload("scattered", true, BLOCK, 8, 1, true);
        Set<Long> visited = new HashSet<>();
        long offset = 0;
        for (int i = 0; i < DISK / BLOCK; i++) {
            assertThat(visited.add(offset)).as("block at %s is new", offset).isTrue();
            offset = (offset + scattered.step(DISK)) % DISK;
        }

        assertThat(offset).as("the walk is a circle").isZero();
    }

    @Test
    void aScatteredWalkNeverStepsToANeighbour() {
        Workload scattered = new Workload("scattered", false, BLOCK, 8, 1, true);

        assertThat(Math.abs(DISK / 2 - scattered.step(DISK) % DISK)).isLessThan(DISK / 2 - 16 * BLOCK);
    }

    @Test
    void aSequentialWalkStepsToTheNextBlock() {
        assertThat(new Workload("sequential", true, BLOCK, 4, 1, false).step(DISK))
                .isEqualTo(BLOCK);
    }
}
