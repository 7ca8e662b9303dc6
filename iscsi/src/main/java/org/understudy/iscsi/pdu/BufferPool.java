package org.understudy.iscsi.pdu;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Data buffers of power-of-two sizes from 4 KiB to 4 MiB, outside the Java heap, bounded in total; from 64 KiB on aligned to 4 KiB. Thread-safe. A buffer must
 * be released exactly once by whoever holds it last; releasing twice is a bug and throws.
 */
public final class BufferPool {

    private static final int SMALLEST_SHIFT = 12;
    private static final int LARGEST_SHIFT = 22;
    /** What direct access to disks wants; one page more a buffer, from 64 KiB on. */
    private static final int ALIGNMENT = 4096;

    private static final int SMALLEST_ALIGNED_SHIFT = 16;

    private static final long MAX_IDLE_BYTES_PER_CLASS = 32L << 20;

    private final long limitBytes;
    private final Semaphore freeUnits;
    private final ConcurrentLinkedDeque<ByteBuffer>[] idle;
    private final AtomicLong[] idleBytes;

    /**
     * @param limitBytes most bytes that may be held at once
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    public BufferPool(long limitBytes) {
        this.limitBytes = limitBytes;
        this.freeUnits = new Semaphore((int) Math.min(Integer.MAX_VALUE, limitBytes >> SMALLEST_SHIFT), true);
        int classes = LARGEST_SHIFT - SMALLEST_SHIFT + 1;
        this.idle = new ConcurrentLinkedDeque[classes];
        this.idleBytes = new AtomicLong[classes];
        for (int i = 0; i < classes; i++) {
            idle[i] = new ConcurrentLinkedDeque<>();
            idleBytes[i] = new AtomicLong();
        }
    }

    public long limitBytes() {
        return limitBytes;
    }

    /** Bytes held by users of the pool now. */
    public long usedBytes() {
        return limitBytes - ((long) freeUnits.availablePermits() << SMALLEST_SHIFT);
    }

    /** Size that a buffer for {@code bytes} really takes. */
    public static int roundedSize(int bytes) {
        return 1 << shiftFor(bytes);
    }

    /**
     * A buffer with at least {@code bytes} capacity, limit set to {@code bytes}, content undefined. Waits for others to
     * release if the pool is used up; empty if that takes longer than {@code patience}.
     *
     * @throws InterruptedException if interrupted while waiting
     */
    public Optional<Lease> acquire(int bytes, Duration patience) throws InterruptedException {
        int shift = shiftFor(bytes);
        int units = 1 << shift - SMALLEST_SHIFT;
        if (!freeUnits.tryAcquire(units) && !freeUnits.tryAcquire(units, patience.toMillis(), TimeUnit.MILLISECONDS)) {
            return Optional.empty();
        }
        int sizeClass = shift - SMALLEST_SHIFT;
        ByteBuffer buffer = idle[sizeClass].pollFirst();
        if (buffer == null) {
            buffer = allocate(shift);
        } else {
            idleBytes[sizeClass].addAndGet(-(1L << shift));
        }
        buffer.clear().limit(bytes);
        return Optional.of(new Lease(this, buffer, shift));
    }

    /** Small buffers are not worth a page more; direct access copies them. */
    private static ByteBuffer allocate(int shift) {
        int bytes = 1 << shift;
        return shift < SMALLEST_ALIGNED_SHIFT
                ? ByteBuffer.allocateDirect(bytes)
                : ByteBuffer.allocateDirect(bytes + ALIGNMENT)
                        .alignedSlice(ALIGNMENT)
                        .slice(0, bytes);
    }

    private void giveBack(ByteBuffer buffer, int shift) {
        int sizeClass = shift - SMALLEST_SHIFT;
        if (idleBytes[sizeClass].addAndGet(1L << shift) <= MAX_IDLE_BYTES_PER_CLASS) {
            idle[sizeClass].addFirst(buffer);
        } else {
            idleBytes[sizeClass].addAndGet(-(1L << shift));
        }
        freeUnits.release(1 << sizeClass);
    }

    private static int shiftFor(int bytes) {
        if (bytes < 0 || bytes > 1 << LARGEST_SHIFT) {
            throw new IllegalArgumentException("no buffer of " + bytes + " bytes");
        }
        return bytes <= 1 << SMALLEST_SHIFT ? SMALLEST_SHIFT : Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1);
    }

    /** A buffer on loan. */
    public static final class Lease {
        private final BufferPool pool;
        private final ByteBuffer buffer;
        private final int shift;
        private final AtomicBoolean released = new AtomicBoolean();

        private Lease(BufferPool pool, ByteBuffer buffer, int shift) {
            this.pool = pool;
            this.buffer = buffer;
            this.shift = shift;
        }

        public ByteBuffer buffer() {
            return buffer;
        }

        /** Bytes that the buffer takes from the pool. */
        public int size() {
            return 1 << shift;
        }

        public void release() {
            if (!released.compareAndSet(false, true)) {
                throw new IllegalStateException("buffer released twice");
            }
            pool.giveBack(buffer, shift);
        }
    }
}
