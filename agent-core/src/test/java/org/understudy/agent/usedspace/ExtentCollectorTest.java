package org.understudy.agent.usedspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

class ExtentCollectorTest {

    @RepeatedTest(20)
    void rangesInAnyOrderGiveTheirUnion(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        ExtentCollector collector = new ExtentCollector();
        List<Extent> extents = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            long start = random.nextInt(1_000_000);
            long length = 1 + random.nextInt(300);
            collector.add(start, start + length);
            extents.add(new Extent(start, length));
        }

        ExtentSet union = ExtentSet.of(extents);

        assertThat(collector.totalBytes()).isEqualTo(union.totalBytes());
        assertThat(collector.toSet()).isEqualTo(union);
        assertThat(collector.filledGapBytes()).isZero();
    }

    @Test
    void aboveTheLimitGapsAreFilledButNothingIsLost() {
        ExtentCollector collector = new ExtentCollector(1000);
        List<Extent> extents = new ArrayList<>();
        Random random = new Random(1);
        long at = 0;
        for (int i = 0; i < 50_000; i++) {
            at += 4096L * (1 + random.nextInt(20));
            collector.add(at, at + 4096);
            extents.add(new Extent(at, 4096));
            at += 4096;
        }

        ExtentSet set = collector.toSet();

        assertThat(set.extents()).hasSizeBetween(400, 1000);
        assertThat(ExtentSet.of(extents).subtract(set).isEmpty()).isTrue();
        assertThat(collector.filledGapBytes()).isPositive();
    }

    @Test
    void emptyRangesAddNothing() {
        ExtentCollector collector = new ExtentCollector();
        collector.add(5, 5);

        assertThat(collector.toSet()).isEqualTo(ExtentSet.empty());
        assertThat(collector.count()).isZero();
    }
}
