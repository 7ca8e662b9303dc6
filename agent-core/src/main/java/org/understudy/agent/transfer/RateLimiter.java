package org.understudy.agent.transfer;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * A token bucket on payload bytes whose rate can be changed while somebody waits. The bucket holds a quarter of a second; a piece
 * larger than the bucket is let through when the bucket is not in debt and leaves it in debt. Thread-safe.
 */
public final class RateLimiter {

    private static final double BUCKET_SECONDS = 0.25;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final LongSupplier nanoTime;
    private double bytesPerSecond;
    private double tokens;
    private long updated;

    /** No limit. */
    public RateLimiter() {
        this(System::nanoTime);
    }

    RateLimiter(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        updated = nanoTime.getAsLong();
    }

    /** Sets the rate; 0 means none. Waiting threads go on by the new rate. */
    public void limit(long newBytesPerSecond) {
        lock.lock();
        try {
            refill();
            bytesPerSecond = Math.max(0, newBytesPerSecond);
            tokens = Math.min(tokens, bytesPerSecond * BUCKET_SECONDS);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until that many bytes may be sent. */
    public void acquire(long bytes) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long wait = nanosToWait();
            while (wait > 0) {
                changed.await(wait, TimeUnit.NANOSECONDS);
                wait = nanosToWait();
            }
            tokens -= bytes;
        } finally {
            lock.unlock();
        }
    }

    /** Nanoseconds until the bucket is out of debt, 0 if it is; for tests with a clock of their own, too. */
    long nanosToWait() {
        lock.lock();
        try {
            if (bytesPerSecond == 0) {
                tokens = 0;
                updated = nanoTime.getAsLong();
                return 0;
            }
            refill();
            return tokens >= 0 ? 0 : (long) Math.ceil(-tokens / bytesPerSecond * 1e9);
        } finally {
            lock.unlock();
        }
    }

    private void refill() {
        long now = nanoTime.getAsLong();
        tokens = Math.min(bytesPerSecond * BUCKET_SECONDS, tokens + (now - updated) / 1e9 * bytesPerSecond);
        updated = now;
    }
}
