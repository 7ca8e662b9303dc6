package org.understudy.iscsi.target;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;

/**
 * Many sessions from one process: good ones that write and read and compare, and bad ones that are silent, read slowly or cut
 * their connection inside a PDU, over and over. Bad ones come and go with {@link #annoy}.
 */
final class Crowd implements AutoCloseable {

    static final int GOOD = 70;
    static final int EACH_BAD = 10;

    private static final int BLOCK = 64 << 10;

    private final InetSocketAddress address;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong goodBytes = new AtomicLong();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong badConnections = new AtomicLong();
    private volatile boolean annoying;
    private volatile boolean over;

    Crowd(InetSocketAddress address) {
        this.address = address;
        long area = CrowdTarget.DEVICE_BYTES / GOOD / BLOCK * BLOCK;
        for (int i = 0; i < GOOD; i++) {
            long start = i * area;
            int seed = i;
            start("good-" + i, () -> behave(new Random(seed), start, (int) (area / BLOCK)));
        }
        for (int i = 0; i < EACH_BAD; i++) {
            boolean loggedIn = i % 2 == 0;
            start("silent-" + i, () -> repeat(() -> beSilent(loggedIn)));
            start("slow-" + i, () -> repeat(this::readSlowly));
            Random random = new Random(i);
            start("cut-" + i, () -> repeat(() -> cutInsideAPdu(random)));
        }
    }

    private void start(String name, Runnable life) {
        Thread thread = new Thread(life, name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    /** Whether the bad ones are at it. */
    void annoy(boolean yes) {
        annoying = yes;
    }

    /** Bytes that good sessions have moved so far. */
    long goodBytes() {
        return goodBytes.get();
    }

    /** What went wrong for good sessions. */
    List<String> failures() {
        return List.copyOf(failures);
    }

    /** Connections that bad ones opened so far. */
    long badConnections() {
        return badConnections.get();
    }

    private void behave(Random random, long start, int blocks) {
        byte[] written = new byte[BLOCK];
        ByteBuffer back = ByteBuffer.allocate(BLOCK);
        try (IscsiSession session = IscsiSession.login(SessionConfig.of(address, TestTargets.IQN))) {
            RemoteDisk disk = session.disk(0);
            while (!over) {
                long offset = start + (long) random.nextInt(blocks) * BLOCK;
                Arrays.fill(written, (byte) random.nextInt());
                disk.write(offset, ByteBuffer.wrap(written));
                disk.read(offset, back.clear());
                if (!Arrays.equals(back.array(), written)) {
                    failures.add("other data came back at " + offset);
                }
                goodBytes.addAndGet(2L * BLOCK);
            }
        } catch (IOException e) {
            failures.add(Thread.currentThread().getName() + ": " + e);
        }
    }

    /** Something bad that ends with its connection. */
    private interface Nuisance {
        void run() throws IOException;
    }

    private void repeat(Nuisance nuisance) {
        while (!over) {
            if (!annoying) {
                LockSupport.parkNanos(5_000_000);
                continue;
            }
            badConnections.incrementAndGet();
            try {
                nuisance.run();
            } catch (IOException e) {
                // The target threw it out, as it should.
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private void beSilent(boolean loggedIn) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            if (loggedIn) {
                logIn(channel);
            }
            untilDropped(channel, 0);
        }
    }

    private void readSlowly() throws IOException {
        try (SocketChannel channel = SocketChannel.open()) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 16 << 10);
            channel.connect(address);
            logIn(channel);
            for (int i = 0; i < 32; i++) {
                ByteBuffer command = ByteBuffer.allocate(48);
                RawPeer.read10(i, 0, 2048, 1 << 20).encode(command);
                channel.write(command.putInt(24, 1 + i).rewind());
            }
            untilDropped(channel, 2048);
        }
    }

    /** Reads so many bytes every tenth of a second, or looks only whether the connection is there. */
    private void untilDropped(SocketChannel channel, int bytes) throws IOException {
        channel.configureBlocking(false);
        ByteBuffer sink = ByteBuffer.allocate(Math.max(1, bytes));
        while (annoying && !over) {
            LockSupport.parkNanos(100_000_000);
            if (bytes > 0 && channel.read(sink.clear()) < 0) {
                return;
            }
            if (bytes == 0 && channel.write(ByteBuffer.allocate(0)) < 0) {
                return;
            }
        }
    }

    private void cutInsideAPdu(Random random) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            logIn(channel);
            ByteBuffer write = ByteBuffer.allocate(48 + 65536);
            RawPeer.write10(7, true, 0, 128, 65536).encode(write.slice(0, 48));
            write.putInt(4, 65536).putInt(24, 1);
            // READ lies in nobody's area: the last blocks belong to no good session.
            write.putInt(34, (int) (CrowdTarget.DEVICE_BYTES / 512 - 128));
            channel.write(write.limit(1 + random.nextInt(write.capacity() - 1)));
            // The target waits inside the PDU for a while before the connection is cut.
            LockSupport.parkNanos(100_000_000);
            channel.setOption(StandardSocketOptions.SO_LINGER, random.nextBoolean() ? 0 : -1);
        }
        LockSupport.parkNanos(10_000_000);
    }

    private static void logIn(SocketChannel channel) throws IOException {
        channel.write(ByteBuffer.wrap(login(
                0,
                1,
                "InitiatorName=iqn.2026-11.org.understudy:bad-"
                        + Thread.currentThread().getName(),
                "SessionType=Normal",
                "TargetName=" + TestTargets.IQN,
                "AuthMethod=None")));
        channel.write(
                ByteBuffer.wrap(login(1, 3, "InitialR2T=No", "ImmediateData=Yes", "MaxRecvDataSegmentLength=65536")));
    }

    private static byte[] login(int stage, int next, String... keys) {
        byte[] text = RawPeer.text(List.of(keys));
        ByteBuffer pdu = ByteBuffer.allocate(48 + (text.length + 3 & ~3));
        new org.understudy.iscsi.pdu.InitiatorPdu.LoginRequest(true, false, stage, next, 0, 0, 1, 0, 0, 0)
                .encode(pdu.slice(0, 48));
        return pdu.putInt(4, text.length).putInt(24, 1).put(48, text).array();
    }

    /** All leave. */
    @Override
    public void close() {
        over = true;
        for (Thread thread : threads) {
            try {
                thread.join(30_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
