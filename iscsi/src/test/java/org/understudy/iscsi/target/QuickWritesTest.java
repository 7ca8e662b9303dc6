package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The reader of a session writes itself only where that has proved to be quick. */
class QuickWritesTest {

    private static final long QUICK = 20_000;
    private static final long SLOW = 5_000_000;

    private final QuickWrites writes = new QuickWrites();

    @Test
    void nothing_is_quick_before_it_was_measured() {
        assertThat(writes.areQuick()).isFalse();
        took(QUICK, 63);
        assertThat(writes.areQuick()).isFalse();
    }

    @Test
    void enough_quick_writes_in_a_row_are_proof() {
        took(QUICK, 64);
        assertThat(writes.areQuick()).isTrue();
    }

    @Test
    void one_slow_write_ends_it_and_the_proof_begins_anew() {
        took(QUICK, 1000);
        took(SLOW, 1);
        assertThat(writes.areQuick()).isFalse();
        took(QUICK, 63);
        assertThat(writes.areQuick()).isFalse();
        took(QUICK, 1);
        assertThat(writes.areQuick()).isTrue();
    }

    @Test
    void a_large_write_may_take_longer_than_a_small_one() {
        for (int i = 0; i < 64; i++) {
            writes.took(700_000, 1 << 20);
        }
        assertThat(writes.areQuick()).isTrue();
        writes.took(900_000, 1 << 20);
        assertThat(writes.areQuick()).isFalse();
    }

    private void took(long nanos, int times) {
        for (int i = 0; i < times; i++) {
            writes.took(nanos, 4096);
        }
    }
}
