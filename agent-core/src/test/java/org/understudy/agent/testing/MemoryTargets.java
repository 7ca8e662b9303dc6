package org.understudy.agent.testing;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.understudy.agent.transfer.RemoteTargets;
import org.understudy.agent.transfer.RemoteVolume;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.ServerMessage.DataTarget;

/**
 * LUNs in memory. Writes are answered late and in another order than they came, overlapping writes in flight are a fault of the caller, and
 * what was not flushed before the session ended is lost. Thread-safe.
 */
public final class MemoryTargets implements RemoteTargets {

    /** The one secret that logs in. */
    public static final String SECRET = "memory-secret";

    private static final int WINDOW = 8;

    private final Map<Integer, Lun> luns = new TreeMap<>();
    private final AtomicInteger sessions = new AtomicInteger();
    private boolean refuses;
    private boolean hangs;
    private int failAfterWrites = Integer.MAX_VALUE;

    public synchronized void put(int lun, byte[] content) {
        luns.put(lun, new Lun(content.clone()));
    }

    /** One byte of a LUN changes by itself. */
    public synchronized void damage(int lun, int offset) {
        Lun found = luns.get(lun);
        if (found == null) {
            throw new IllegalArgumentException("there is no LUN " + lun);
        }
        found.cached[offset] ^= 1;
        found.durable[offset] ^= 1;
    }

    /** What is durable on a LUN. */
    public synchronized byte[] durable(int lun) {
        Lun found = luns.get(lun);
        if (found == null) {
            throw new IllegalArgumentException("there is no LUN " + lun);
        }
        return found.durable.clone();
    }

    public synchronized void refuseLogin() {
        refuses = true;
    }

    /** Writes are never answered from now on, until the session is closed. */
    public synchronized void hang() {
        hangs = true;
    }

    /** The connection breaks after that many more writes. */
    public synchronized void failAfter(int writes) {
        failAfterWrites = writes;
    }

    public int openSessions() {
        return sessions.get();
    }

    @Override
    public synchronized RemoteSession login(DataTarget target) {
        if (refuses || !target.chapSecret().equals(SECRET)) {
            throw Problem.of(ProblemCode.ISCSI_LOGIN_REFUSED, "status", "0x0201")
                    .asException();
        }
        sessions.incrementAndGet();
        return new Session();
    }

    private final class Session implements RemoteSession {

        private final List<Volume> volumes = new ArrayList<>();
        private boolean closed;

        @Override
        public RemoteVolume volume(int lun) {
            synchronized (MemoryTargets.this) {
                Lun found = luns.get(lun);
                if (found == null) {
                    throw Problem.of(ProblemCode.ISCSI_IO_FAILED).asException();
                }
                Volume volume = new Volume(this, found);
                volumes.add(volume);
                return volume;
            }
        }

        @Override
        public void close() {
            synchronized (MemoryTargets.this) {
                if (!closed) {
                    closed = true;
                    sessions.decrementAndGet();
                    volumes.forEach(Volume::drop);
                    MemoryTargets.this.notifyAll();
                }
            }
        }
    }

    private static final class Lun {

        private final byte[] cached;
        private byte[] durable;

        Lun(byte[] content) {
            durable = content;
            cached = content.clone();
        }
    }

    private record Pending(long offset, byte[] bytes, CompletableFuture<Void> answer) {}

    private final class Volume implements RemoteVolume {

        private final Session session;
        private final Lun lun;
        private final List<Pending> inFlight = new ArrayList<>();

        Volume(Session session, Lun lun) {
            this.session = session;
            this.lun = lun;
        }

        @Override
        public long sizeBytes() {
            return lun.cached.length;
        }

        @Override
        public int blockSize() {
            return 512;
        }

        @Override
        public CompletableFuture<Void> write(long offset, ByteBuffer data) {
            synchronized (MemoryTargets.this) {
                check(offset, data.remaining());
                byte[] bytes = new byte[data.remaining()];
                data.get(bytes);
                if (--failAfterWrites < 0) {
                    return CompletableFuture.failedFuture(lost());
                }
                boolean overlaps = inFlight.stream()
                        .anyMatch(p -> offset < p.offset + p.bytes.length && p.offset < offset + bytes.length);
                if (overlaps) {
                    throw new IllegalStateException("overlapping writes in flight at " + offset);
                }
                Pending pending = new Pending(offset, bytes, new CompletableFuture<>());
                inFlight.add(pending);
                // A full window is answered from its youngest write on: the worst order that a target may choose.
                while (!hangs && inFlight.size() > WINDOW) {
                    answer(inFlight.remove(inFlight.size() - 1));
                }
                awaitHang();
                answerLater();
                return pending.answer;
            }
        }

        @Override
        public CompletableFuture<Void> read(long offset, ByteBuffer target) {
            synchronized (MemoryTargets.this) {
                int length = target.remaining();
                check(offset, length);
                boolean overlaps = inFlight.stream()
                        .anyMatch(p -> offset < p.offset + p.bytes.length && p.offset < offset + length);
                if (overlaps) {
                    throw new IllegalStateException("read of what is being written at " + offset);
                }
                target.put(lun.cached, (int) offset, length);
                return CompletableFuture.completedFuture(null);
            }
        }

        private void awaitHang() {
            try {
                while (hangs && inFlight.size() > WINDOW && !session.closed) {
                    MemoryTargets.this.wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw lost();
            }
        }

        private void answerLater() {
            CompletableFuture<Void> unused = CompletableFuture.runAsync(() -> {
                synchronized (MemoryTargets.this) {
                    while (!hangs && !inFlight.isEmpty()) {
                        answer(inFlight.remove(inFlight.size() - 1));
                    }
                }
            });
        }

        private void answer(Pending write) {
            System.arraycopy(write.bytes, 0, lun.cached, (int) write.offset, write.bytes.length);
            write.answer.complete(null);
        }

        private void drop() {
            inFlight.forEach(write -> write.answer.completeExceptionally(lost()));
            inFlight.clear();
            System.arraycopy(lun.durable, 0, lun.cached, 0, lun.cached.length);
        }

        private RuntimeException lost() {
            return Problem.of(ProblemCode.ISCSI_CONNECTION_LOST).asException();
        }

        @Override
        public void unmap(long offset, long length) {
            synchronized (MemoryTargets.this) {
                check(offset, length);
                Arrays.fill(lun.cached, (int) offset, (int) (offset + length), (byte) 0);
            }
        }

        @Override
        public void flush() {
            synchronized (MemoryTargets.this) {
                if (session.closed) {
                    throw lost();
                }
                if (!inFlight.isEmpty() && !hangs) {
                    throw new IllegalStateException("flush while writes are in flight makes them durable only by luck");
                }
                lun.durable = lun.cached.clone();
            }
        }

        private void check(long offset, long length) {
            if (session.closed) {
                throw lost();
            }
            if (offset % 512 != 0 || length % 512 != 0 || offset < 0 || offset + length > lun.cached.length) {
                throw new IllegalArgumentException("misaligned or out of bounds: " + offset + " + " + length);
            }
        }
    }
}
