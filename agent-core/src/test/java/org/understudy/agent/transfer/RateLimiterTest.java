package org.understudy.agent.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimiterTest {

    private final AtomicLong now = new AtomicLong();
    private final RateLimiter limiter = new RateLimiter(now::get);

    @Test
    void withoutALimitNothingWaits() throws InterruptedException {
        limiter.acquire(1L << 40);
        assertThat(limiter.nanosToWait()).isZero();
    }

    @Test
    void theLongRunRateIsTheLimit() throws InterruptedException {
        limiter.limit(1_000_000);
        long sent = 0;
        while (now.get() < TimeUnit.SECONDS.toNanos(20)) {
            now.addAndGet(limiter.nanosToWait());
            limiter.acquire(65_536);
            sent += 65_536;
        }
        assertThat(sent).isBetween(19_500_000L, 20_600_000L);
    }

    @Test
    void aPauseSavesUpNoMoreThanAQuarterOfASecond() throws InterruptedException {
        limiter.limit(1_000_000);
        now.addAndGet(TimeUnit.HOURS.toNanos(1));
        limiter.acquire(250_000);
        assertThat(limiter.nanosToWait()).isZero();
        limiter.acquire(100_000);
        assertThat(limiter.nanosToWait()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
    }

    @Test
    void aHigherLimitShortensADebt() throws InterruptedException {
        limiter.limit(1000);
        limiter.acquire(10_000);
        assertThat(limiter.nanosToWait()).isEqualTo(TimeUnit.SECONDS.toNanos(10));
        limiter.limit(100_000);
        assertThat(limiter.nanosToWait()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
        limiter.limit(0);
        assertThat(limiter.nanosToWait()).isZero();
    }
}
