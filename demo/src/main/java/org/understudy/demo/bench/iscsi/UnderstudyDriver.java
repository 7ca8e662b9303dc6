package org.understudy.demo.bench.iscsi;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.understudy.demo.bench.CpuTime;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;

/**
 * Our initiator, inside this process. It is warm after the first rounds, as an agent that runs for days is; a session to each disk
 * stays open. Its CPU is all that this process uses meanwhile.
 */
final class UnderstudyDriver implements Driver {

    private final @Nullable SSLContext tls;
    private final Map<ServedDisk, IscsiSession> sessions = new HashMap<>();

    UnderstudyDriver(@Nullable SSLContext tls) {
        this.tls = tls;
    }

    @Override
    public String name() {
        return tls == null ? "understudy" : "understudy (TLS)";
    }

    @Override
    public Sample run(ServedDisk disk, Workload workload) throws IOException {
        IscsiSession session = sessions.get(disk);
        if (session == null) {
            SessionConfig config = SessionConfig.of(disk.address(), disk.iqn());
            session = IscsiSession.login(tls == null ? config : config.withTls(tls));
            sessions.put(disk, session);
        }
        RemoteDisk remote = session.disk(disk.lun());
        ByteBuffer memory = ByteBuffer.allocateDirect(workload.blockBytes() * workload.depth());
        while (memory.hasRemaining()) {
            memory.put((byte) 85);
        }
        Duration targetBefore = CpuTime.of(disk.pid());
        Duration before = CpuTime.own();
        long started = System.nanoTime();
        move(remote, workload, disk.sizeBytes(), memory);
        double seconds = (System.nanoTime() - started) / 1e9;
        Duration used = CpuTime.own().minus(before);
        Duration targetUsed = CpuTime.of(disk.pid()).minus(targetBefore);
        return new Sample(workload.bytes(), seconds, used.toMillis() / 1e3, targetUsed.toMillis() / 1e3);
    }

    /** Keeps {@code depth} requests in flight: each that ends begins the next, as {@code qemu-img bench} does. */
    private static void move(RemoteDisk disk, Workload workload, long diskBytes, ByteBuffer memory) throws IOException {
        Flight flight = new Flight(disk, workload, diskBytes);
        for (int i = 0; i < workload.depth(); i++) {
            flight.next(memory.slice(i * workload.blockBytes(), workload.blockBytes()));
        }
        try {
            flight.ended.get();
        } catch (ExecutionException e) {
            throw new IOException("a request failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    /** The requests of one run. */
    private static final class Flight {
        private final RemoteDisk disk;
        private final Workload workload;
        private final long diskBytes;
        private final long step;
        private final AtomicInteger begun = new AtomicInteger();
        private final AtomicInteger idle = new AtomicInteger();
        final CompletableFuture<Void> ended = new CompletableFuture<>();

        Flight(RemoteDisk disk, Workload workload, long diskBytes) {
            this.disk = disk;
            this.workload = workload;
            this.diskBytes = diskBytes;
            this.step = workload.step(diskBytes);
        }

        void next(ByteBuffer part) {
            int request = begun.getAndIncrement();
            if (request >= workload.requests()) {
                if (idle.incrementAndGet() == workload.depth()) {
                    ended.complete(null);
                }
                return;
            }
            long offset = request * step % diskBytes;
            part.clear();
            CompletableFuture<Void> moved =
                    workload.write() ? disk.writeAsync(offset, part) : disk.readAsync(offset, part);
            var unused = moved.whenComplete((done, trouble) -> {
                if (trouble == null) {
                    next(part);
                } else {
                    ended.completeExceptionally(trouble);
                }
            });
        }
    }

    @Override
    public void close() {
        sessions.values().forEach(IscsiSession::close);
        sessions.clear();
    }
}
