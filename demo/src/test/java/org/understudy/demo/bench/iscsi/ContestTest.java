package org.understudy.demo.bench.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.understudy.demo.bench.Median;

class ContestTest {

    private final StringBuilder order = new StringBuilder();

    private Contest.Round side(char name) {
        return () -> {
            order.append(name);
            return new Sample(1000 * order.length(), 1, 0, 0);
        };
    }

    @Test
    void theSideThatBeginsChangesWithEachRound() throws IOException {
        Contest.run(3, 0, List.of(side('a'), side('b')));

        assertThat(order).hasToString("ab" + "ba" + "ab");
    }

    @Test
    void warmUpsDoNotCount() throws IOException {
        List<List<Sample>> samples = Contest.run(2, 1, List.of(side('a'), side('b')));

        assertThat(order).hasToString("ab" + "ab" + "ba");
        assertThat(samples.get(0)).extracting(Sample::bytes).containsExactly(3000L, 6000L);
        assertThat(samples.get(1)).extracting(Sample::bytes).containsExactly(4000L, 5000L);
    }

    @Test
    void aMedianIsTheMiddleAndTheMeanOfTheTwoInTheMiddle() {
        assertThat(Median.of(List.of(3.0, 100.0, 1.0), x -> x)).isEqualTo(3.0);
        assertThat(Median.of(List.of(4.0, 100.0, 1.0, 2.0), x -> x)).isEqualTo(3.0);
    }
}
