package org.understudy.iscsi.pdu;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts PDUs on a transport, many per system call: {@link #add} collects, {@link #flush} sends. Headers, padding and digests are
 * built here; data goes from the caller's buffer. Not thread-safe: the caller holds the lock of its connection.
 */
public final class PduWriter {

    private static final int MAX_BATCH = 64;
    private static final int SLOT_BYTES = 64;
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final Transport transport;
    private final ByteBuffer slots;
    private final ByteBuffer[] parts = new ByteBuffer[MAX_BATCH * 3];
    private int pduCount;
    private int partCount;
    private Digests digests = Digests.NONE;
    private volatile long bytesSent;
    private volatile long stuckSinceNanos;

    public PduWriter(Transport transport) {
        this.transport = transport;
        this.slots = transport.prefersDirectBuffers()
                ? ByteBuffer.allocateDirect(MAX_BATCH * SLOT_BYTES)
                : ByteBuffer.allocate(MAX_BATCH * SLOT_BYTES);
    }

    /** Digests from the next PDU on. */
    public void useDigests(Digests newDigests) {
        this.digests = newDigests;
    }

    /** True if {@link #flush} is due before more can be added. */
    public boolean isFull() {
        return pduCount == MAX_BATCH;
    }

    /** True if all that was added has been sent. */
    public boolean isEmpty() {
        return partCount == 0;
    }

    /** A zeroed 48 byte header to fill before {@link #add} is called. */
    public ByteBuffer nextHeader() {
        int start = pduCount * SLOT_BYTES;
        for (int i = 0; i < SLOT_BYTES; i += Long.BYTES) {
            slots.putLong(start + i, 0);
        }
        return slots.slice(start, Header.LENGTH);
    }

    /**
     * Queues the PDU whose header was filled. {@code data} is sent from its position to its limit and must not change until
     * {@link #flush} returned; its own position is left alone.
     */
    public void add(ByteBuffer header, @Nullable ByteBuffer data) {
        int slot = pduCount * SLOT_BYTES;
        int dataLength = data == null ? 0 : data.remaining();
        header.putInt(4, dataLength);
        int headerLength = Header.LENGTH;
        if (digests.header()) {
            header.clear();
            slots.putInt(slot + Header.LENGTH, Digests.crc(header, EMPTY, 0));
            headerLength += Digests.LENGTH;
        }
        parts[partCount++] = slots.slice(slot, headerLength);
        if (data != null && dataLength > 0) {
            parts[partCount++] = data.duplicate();
            int padding = PduReader.padding(dataLength);
            int tail = slot + Header.LENGTH + Digests.LENGTH;
            int tailLength = padding;
            if (digests.data()) {
                slots.putInt(tail + padding, Digests.crc(data, EMPTY, padding));
                tailLength += Digests.LENGTH;
            }
            if (tailLength > 0) {
                parts[partCount++] = slots.slice(tail, tailLength);
            }
        }
        pduCount++;
    }

    /** Sends what was added. Blocks as long as the peer does not read. */
    public void flush() throws IOException {
        if (partCount == 0) {
            return;
        }
        long total = 0;
        for (int i = 0; i < partCount; i++) {
            total += parts[i].remaining();
        }
        stuckSinceNanos = System.nanoTime() | 1;
        try {
            transport.write(parts, partCount);
        } finally {
            stuckSinceNanos = 0;
            java.util.Arrays.fill(parts, 0, partCount, null);
            partCount = 0;
            pduCount = 0;
        }
        bytesSent += total;
    }

    /** Bytes sent since the start; readable from any thread. */
    public long bytesSent() {
        return bytesSent;
    }

    /** {@link System#nanoTime} at which the write in progress began, 0 if none is; readable from any thread. */
    public long stuckSinceNanos() {
        return stuckSinceNanos;
    }
}
