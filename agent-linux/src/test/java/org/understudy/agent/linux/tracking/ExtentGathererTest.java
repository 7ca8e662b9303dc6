package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

class ExtentGathererTest {

    @Test
    void neighboursBecomeOneExtentAndTheLastIsCutAtTheEndOfTheDisk() {
        ExtentGatherer gatherer = new ExtentGatherer(65536, 10 * 65536 - 512, 100);
        for (long granule : new long[] {1, 2, 5, 9, 11}) {
            gatherer.accept(granule);
        }

        assertThat(gatherer.extents())
                .isEqualTo(ExtentSet.of(
                        new Extent(65536, 2 * 65536),
                        new Extent(5 * 65536, 65536),
                        new Extent(9 * 65536, 65536 - 512)));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void tooManyExtentsBecomeFewerThatStillHoldEveryGranule(long seed) {
        Random random = new Random(seed);
        int granules = 100_000;
        TreeSet<Long> marked = new TreeSet<>();
        for (int i = 0; i < 20_000; i++) {
            marked.add((long) random.nextInt(granules));
        }
        ExtentGatherer gatherer = new ExtentGatherer(4096, granules * 4096L, 500);
        marked.forEach(gatherer::accept);

        ExtentSet extents = gatherer.extents();

        assertThat(extents.extents()).hasSizeLessThanOrEqualTo(500);
        ExtentSet wanted = ExtentSet.of(
                marked.stream().map(granule -> new Extent(granule * 4096, 4096)).toList());
        assertThat(wanted.subtract(extents)).isEqualTo(ExtentSet.empty());
    }
}
