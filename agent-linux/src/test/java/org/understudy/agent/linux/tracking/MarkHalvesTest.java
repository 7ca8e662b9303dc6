package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What user space adds to a half comes out of it as if a program had marked it. */
class MarkHalvesTest {

    private static final int FINE = 1 << 15;
    private static final int HALF = 2 * FINE;
    private static final long SEED = 20261121;

    private static ByteBuffer memory(long bytes) {
        return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
    }

    @ParameterizedTest
    @EnumSource(MarkForm.class)
    void rangesAreMarkedFromTheirFirstToTheirLastGranuleInTheirHalfOnly(MarkForm form) {
        Random random = new Random(SEED);
        ByteBuffer marks = memory(form.bytesFor(2L * HALF));
        Ledgers ledgers = new Ledgers(memory(FINE / 8 * Ledgers.Name.values().length), FINE / Long.SIZE);
        MarkHalves halves = new MarkHalves(marks, form, FINE);
        for (long half : new long[] {0, HALF}) {
            TreeSet<Long> expected = new TreeSet<>();
            for (int i = 0; i < 60; i++) {
                long first = random.nextInt(FINE);
                long last = first + random.nextInt(200);
                halves.add(half, first, last);
                for (long granule = first; granule <= Math.min(last, FINE - 1); granule++) {
                    expected.add(granule);
                }
            }
            halves.add(half, FINE + 5, FINE + 9);
            List<Long> other = new ArrayList<>();
            halves.move(HALF - half, ledgers, other::add);
            assertThat(other).as("the other half, seed %d", SEED).isEmpty();

            List<Long> found = new ArrayList<>();
            halves.move(half, ledgers, found::add);
            assertThat(found).as("seed %d", SEED).containsExactlyElementsOf(expected);
            List<Long> kept = new ArrayList<>();
            ledgers.forEach(Ledgers.Name.BASE, kept::add);
            assertThat(kept).containsExactlyElementsOf(expected);
            ledgers.clear(Ledgers.Name.BASE);

            List<Long> again = new ArrayList<>();
            halves.move(half, ledgers, again::add);
            assertThat(again).as("moved, not copied").isEmpty();
        }
    }
}
