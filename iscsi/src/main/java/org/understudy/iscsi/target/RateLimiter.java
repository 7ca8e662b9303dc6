package org.understudy.iscsi.target;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Spaces out work to a number of units a second: each caller books its units after those booked before it and waits until
 * its turn. Bursts of up to a tenth of a second pass at once. Thread-safe.
 */
final class RateLimiter {

    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final double nanosPerUnit;
    private long bookedUntil = System.nanoTime();

    /**
     * @param unitsPerSecond 0 is unlimited
     */
    RateLimiter(long unitsPerSecond) {
        this.nanosPerUnit = unitsPerSecond == 0 ? 0 : (double) TimeUnit.SECONDS.toNanos(1) / unitsPerSecond;
    }

    /** Waits for the turn of {@code units}; returns early once {@code cancelled}, or interrupted, with the flag kept. */
    void take(long units, BooleanSupplier cancelled) {
        if (nanosPerUnit == 0) {
            return;
        }
        long turn;
        synchronized (this) {
            long now = System.nanoTime();
            if (now - bookedUntil > BURST_NANOS) {
                bookedUntil = now - BURST_NANOS;
            }
            bookedUntil += (long) (units * nanosPerUnit);
            turn = bookedUntil;
        }
        long left = turn - System.nanoTime();
        while (left > 0 && !cancelled.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, Math.min(left, BURST_NANOS));
            left = turn - System.nanoTime();
        }
    }
}
