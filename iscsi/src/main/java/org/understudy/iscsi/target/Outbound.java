package org.understudy.iscsi.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.pdu.Digests;
import org.understudy.iscsi.pdu.PduWriter;
import org.understudy.iscsi.pdu.TargetPdu;

/**
 * What a connection still has to send, in order. Anybody enqueues without blocking; whoever then gets the lock sends for all,
 * so that many answers leave with one system call. StatSN and the command window are filled in at that moment.
 */
final class Outbound {

    private final PduWriter writer;
    private final Consumer<IOException> onFailure;
    private final Queue<Outgoing> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Outgoing> batch = new ArrayList<>();
    private volatile @Nullable CommandWindow window;
    private volatile boolean closed;
    private int statSn = 1;

    Outbound(PduWriter writer, Consumer<IOException> onFailure) {
        this.writer = writer;
        this.onFailure = onFailure;
    }

    /** From now on PDUs show this window. */
    void use(CommandWindow newWindow) {
        window = newWindow;
    }

    /** Digests for everything that is sent after what is queued now. */
    void useDigests(Digests digests) {
        lock.lock();
        try {
            writer.useDigests(digests);
        } finally {
            lock.unlock();
        }
    }

    void enqueue(Outgoing outgoing) {
        queued.incrementAndGet();
        queue.add(outgoing);
        if (closed) {
            dropAll();
        }
    }

    void send(TargetPdu pdu) {
        enqueue(Outgoing.of(pdu));
        drain();
    }

    void send(TargetPdu pdu, byte[] data) {
        enqueue(Outgoing.of(pdu, data));
        drain();
    }

    int size() {
        return queued.get();
    }

    /** Sends what is queued, unless another thread is at it. May block as long as the peer does not read. */
    void drain() {
        while (!queue.isEmpty() && lock.tryLock()) {
            try {
                sendQueued();
            } catch (IOException e) {
                closed = true;
                onFailure.accept(e);
            } finally {
                lock.unlock();
            }
            if (closed) {
                dropAll();
            }
        }
    }

    /** Sends what is queued, waiting for another thread that is at it. */
    void flush() {
        lock.lock();
        lock.unlock();
        drain();
        lock.lock();
        lock.unlock();
    }

    private void sendQueued() throws IOException {
        Outgoing next = queue.poll();
        try {
            while (next != null) {
                batch.add(next);
                add(next);
                if (writer.isFull()) {
                    flushBatch();
                }
                next = queue.poll();
            }
            flushBatch();
        } finally {
            releaseBatch();
        }
    }

    private void flushBatch() throws IOException {
        writer.flush();
        releaseBatch();
    }

    private void releaseBatch() {
        batch.forEach(Outgoing::release);
        queued.addAndGet(-batch.size());
        batch.clear();
    }

    private void add(Outgoing outgoing) {
        ByteBuffer header = writer.nextHeader();
        outgoing.pdu().encode(header);
        switch (outgoing.pdu().statSn()) {
            case ADVANCES -> header.putInt(24, statSn++);
            case SHOWS -> header.putInt(24, statSn);
            case ABSENT -> {
                // reserved
            }
        }
        CommandWindow current = window;
        if (current != null) {
            header.putInt(28, current.expected());
            header.putInt(32, current.last());
        }
        writer.add(header, outgoing.data());
    }

    /** Drops what is queued and whatever comes. */
    void close() {
        closed = true;
        dropAll();
    }

    private void dropAll() {
        Outgoing next = queue.poll();
        while (next != null) {
            next.release();
            queued.decrementAndGet();
            next = queue.poll();
        }
    }
}
