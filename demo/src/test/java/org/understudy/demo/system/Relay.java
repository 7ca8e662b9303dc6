package org.understudy.demo.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A wire between agent and appliance that a test can cut: connections break at once and new ones are refused until the wire is
 * mended; or it goes silent: connections stay open and nothing comes through.
 */
final class Relay implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Relay.class);

    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile int target;
    private volatile boolean cut;
    private volatile boolean silent;

    Relay() throws IOException {
        listener = new ServerSocket();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().name("relay").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Where connections go from now on. */
    void connectTo(int targetPort) {
        target = targetPort;
    }

    void cut() {
        cut = true;
        sockets.forEach(Relay::breakOff);
    }

    void goSilent() {
        silent = true;
    }

    void mend() {
        if (silent) {
            silent = false;
            sockets.forEach(Relay::breakOff);
        }
        cut = false;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket near = listener.accept();
                sockets.add(near);
                if (cut) {
                    breakOff(near);
                } else {
                    Thread.ofVirtual().start(() -> join(near));
                }
            } catch (IOException e) {
                log.debug("relay ended: {}", e.toString());
            }
        }
    }

    private void join(Socket near) {
        try {
            Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(far);
            if (cut) {
                breakOff(near);
                breakOff(far);
                return;
            }
            Thread.ofVirtual().start(() -> copy(near, far));
            Thread.ofVirtual().start(() -> copy(far, near));
        } catch (IOException e) {
            log.debug("nobody listens on port {}: {}", target, e.toString());
            breakOff(near);
        }
    }

    private void copy(Socket from, Socket to) {
        byte[] buffer = new byte[1 << 16];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (!silent) {
                    out.write(buffer, 0, n);
                }
            }
            if (!silent) {
                endQuietly(from, to);
            }
        } catch (IOException e) {
            log.debug("relayed connection ended: {}", e.toString());
            if (!silent) {
                breakOff(from);
                breakOff(to);
                sockets.remove(from);
                sockets.remove(to);
            }
        }
    }

    /** One side has said all: what it said still arrives, and the other side may go on until it has ended too. */
    private void endQuietly(Socket from, Socket to) throws IOException {
        to.shutdownOutput();
        synchronized (this) {
            from.shutdownInput();
            if (to.isInputShutdown()) {
                from.close();
                to.close();
                sockets.remove(from);
                sockets.remove(to);
            }
        }
    }

    /** Closes with a reset, as a cable that is pulled and a peer that restarts look like. */
    private static void breakOff(Socket socket) {
        try (socket) {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            log.debug("already closed: {}", e.toString());
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }
}
