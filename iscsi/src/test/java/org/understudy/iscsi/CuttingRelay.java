package org.understudy.iscsi;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands between initiator and target and cuts each connection after a random number of bytes, anywhere inside a PDU. The
 * initiator sees the cut at once; what the relay has taken from it may still reach the target later, as on a real network.
 */
public final class CuttingRelay implements Closeable {

    private final ServerSocket server;
    private final Random random;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger cuts = new AtomicInteger();
    private volatile InetSocketAddress target;
    private volatile int longestLife;
    private volatile boolean closed;
    private volatile CountDownLatch towardsTarget = new CountDownLatch(0);

    /**
     * @param longestLife most bytes, both directions together, that a connection carries; 0 = no cuts
     */
    public CuttingRelay(InetSocketAddress target, long seed, int longestLife) throws IOException {
        this.target = target;
        this.random = new Random(seed);
        this.longestLife = longestLife;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start("relay-accept", this::acceptAll);
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
    }

    public int cuts() {
        return cuts.get();
    }

    /** New connections go elsewhere. */
    public void leadTo(InetSocketAddress address) {
        target = address;
    }

    /** From now on nothing is cut by chance. */
    public void calm() {
        longestLife = 0;
    }

    /** Nothing more reaches the target until {@link #letThrough}: as if it had stopped reading. */
    public void holdBack() {
        towardsTarget = new CountDownLatch(1);
    }

    public void letThrough() {
        towardsTarget.countDown();
    }

    /** Cuts everything now. */
    public void cutAll() {
        cuts.incrementAndGet();
        open.forEach(CuttingRelay::closeQuietly);
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void acceptAll() {
        while (!closed) {
            try {
                Socket initiator = server.accept();
                open.add(initiator);
                Socket onward = new Socket();
                open.add(onward);
                try {
                    onward.connect(target);
                } catch (IOException e) {
                    closeQuietly(initiator);
                    continue;
                }
                AtomicLong left = new AtomicLong(longestLife == 0 ? Long.MAX_VALUE : 1 + random.nextInt(longestLife));
                start("relay-there", () -> carry(initiator, onward, initiator, left));
                start("relay-back", () -> carry(onward, initiator, initiator, left));
            } catch (IOException e) {
                if (!closed) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        }
    }

    private void carry(Socket from, Socket to, Socket initiator, AtomicLong left) {
        byte[] buffer = new byte[16 << 10];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int count = in.read(buffer);
            while (count > 0) {
                long after = left.addAndGet(-count);
                if (after <= 0 && longestLife > 0) {
                    cuts.incrementAndGet();
                    closeQuietly(initiator);
                    if (to != initiator) {
                        // What was under way arrives all the same, perhaps after the initiator has come back.
                        Thread.sleep(count % 20);
                        out.write(buffer, 0, (int) Math.max(0, count + after));
                    }
                    break;
                }
                if (from == initiator) {
                    towardsTarget.await();
                }
                out.write(buffer, 0, count);
                count = in.read(buffer);
            }
        } catch (IOException e) {
            // the end of one side is the end of both
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeQuietly(from);
            closeQuietly(to);
        }
    }

    private static void closeQuietly(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        letThrough();
        server.close();
        open.forEach(CuttingRelay::closeQuietly);
    }
}
