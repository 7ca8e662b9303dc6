package org.understudy.demo.bench.iscsi;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
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

    /** Keeps {@code depth} requests in flight, whatever the order of their answers. */
    private static void move(RemoteDisk disk, Workload workload, long diskBytes, ByteBuffer memory) throws IOException {
        BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(workload.depth());
        for (int i = 0; i < workload.depth(); i++) {
            free.add(memory.slice(i * workload.blockBytes(), workload.blockBytes()));
        }
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        long step = workload.step(diskBytes);
        long offset = 0;
        for (int i = 0; i < workload.requests() && failure.get() == null; i++) {
            ByteBuffer part = take(free).clear();
            CompletableFuture<Void> request =
                    workload.write() ? disk.writeAsync(offset, part) : disk.readAsync(offset, part);
            var unused = request.whenComplete((done, trouble) -> {
                if (trouble != null) {
                    failure.compareAndSet(null, trouble);
                }
                free.add(part);
            });
            offset = (offset + step) % diskBytes;
        }
        for (int i = 0; i < workload.depth(); i++) {
            take(free);
        }
        Throwable trouble = failure.get();
        if (trouble != null) {
            throw new IOException("a request failed", trouble);
        }
    }

    private static ByteBuffer take(BlockingQueue<ByteBuffer> free) throws IOException {
        try {
            return free.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    @Override
    public void close() {
        sessions.values().forEach(IscsiSession::close);
        sessions.clear();
    }
}
