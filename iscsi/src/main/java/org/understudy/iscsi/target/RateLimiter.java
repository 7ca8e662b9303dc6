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

    private final Time time;
    private double nanosPerUnit;
    private long bookedUntil;
    private volatile boolean unlimited;

    /** A clock that can be waited on. */
    interface Time {
        long nanos();

        /** Returns after about this long, or earlier. */
        void sleep(long nanos);
    }

    private static final Time REAL = new Time() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleep(long nanos) {
            LockSupport.parkNanos(RateLimiter.class, nanos);
        }
    };

    /**
     * @param unitsPerSecond 0 is unlimited
     */
    RateLimiter(long unitsPerSecond) {
        this(unitsPerSecond, REAL);
    }

    RateLimiter(long unitsPerSecond, Time time) {
        this.time = time;
        this.bookedUntil = time.nanos();
        change(unitsPerSecond);
    }

    /** Another rate for what is booked from now on; what waits keeps its turn. */
    synchronized void change(long unitsPerSecond) {
        unlimited = unitsPerSecond == 0;
        nanosPerUnit = unlimited ? 0 : (double) TimeUnit.SECONDS.toNanos(1) / unitsPerSecond;
    }

    /** Waits for the turn of {@code units}; returns early once {@code cancelled}, or interrupted, with the flag kept. */
    void take(long units, BooleanSupplier cancelled) {
        if (unlimited || units == 0) {
            return;
        }
        long turn;
        synchronized (this) {
            long now = time.nanos();
            if (now - bookedUntil > BURST_NANOS) {
                bookedUntil = now - BURST_NANOS;
            }
            bookedUntil += (long) (units * nanosPerUnit);
            turn = bookedUntil;
        }
        long left = turn - time.nanos();
        while (left > 0 && !cancelled.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
            time.sleep(Math.min(left, BURST_NANOS));
            left = turn - time.nanos();
        }
    }
}
