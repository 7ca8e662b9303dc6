package org.understudy.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {

    @Test
    void pausesDoubleFromHalfASecondToHalfAMinuteAndAreNeverShorterThanHalf() {
        Backoff backoff = new Backoff(new Random(1));
        long full = 500;
        for (int attempt = 0; attempt < 12; attempt++) {
            assertThat(backoff.next()).isBetween(Duration.ofMillis(full / 2), Duration.ofMillis(full));
            full = Math.min(30_000, full * 2);
        }
        backoff.reset();
        assertThat(backoff.next()).isLessThanOrEqualTo(Backoff.SHORTEST);
        assertThat(backoff.longest()).isGreaterThanOrEqualTo(Duration.ofSeconds(15));
        assertThat(backoff.next()).isGreaterThanOrEqualTo(Duration.ofSeconds(15));
    }
}
