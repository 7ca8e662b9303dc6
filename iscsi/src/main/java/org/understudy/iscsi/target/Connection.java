package org.understudy.iscsi.target;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.PduWriter;
import org.understudy.iscsi.pdu.TargetPdu.LoginResponse;
import org.understudy.iscsi.pdu.TargetPdu.NopIn;
import org.understudy.iscsi.pdu.TlsTransport;
import org.understudy.iscsi.pdu.Transport;
import org.understudy.iscsi.scsi.Nexus;
import org.understudy.iscsi.target.RefusedLogin.Reason;

/**
 * One connection from accept to end. {@link #run} is the life of its reader thread: handshake, login, full feature phase,
 * clean-up. The watchdog looks at it from outside through {@link #watch}.
 */
final class Connection implements Runnable {

    static final Logger log = LoggerFactory.getLogger(Connection.class);

    private static final int LOGIN_SEGMENT_BYTES = 8192;
    private static final int MAX_ADDITIONAL_HEADER_BYTES = 64;

    private final ServerContext server;
    private final Opening opening;
    private final InetSocketAddress remote;
    private final InetSocketAddress local;
    private final CommandExecutor executor;
    private final BufferBudget inboundBudget;
    private final BufferBudget outboundBudget;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final long startedNanos = System.nanoTime();

    private volatile boolean closing;
    private volatile @Nullable Transport transport;
    private volatile @Nullable Outbound outbound;
    private volatile @Nullable PduReader reader;
    private volatile @Nullable PduWriter writer;
    private volatile @Nullable Session session;
    private volatile boolean loggedIn;

    private long seenBytes = -1;
    private long seenNanos;
    private volatile long pingSentNanos;

    /** Makes the transport of an accepted socket; blocks for a TLS handshake. Closing it ends the handshake. */
    interface Opening extends Closeable {
        Transport open() throws IOException;

        /** True if opening shakes hands. */
        default boolean tls() {
            return false;
        }

        @Override
        void close();
    }

    Connection(ServerContext server, Opening opening, InetSocketAddress remote, InetSocketAddress local) {
        this.server = server;
        this.opening = opening;
        this.remote = remote;
        this.local = local;
        Limits limits = server.limits();
        this.executor = new CommandExecutor(
                server.workers(), limits.parallelCommands(), () -> fail(new IOException("defect in a command")));
        long half = limits.connectionBufferBytes() / 2;
        this.inboundBudget = new BufferBudget(server.buffers(), half, limits.stallTimeout());
        this.outboundBudget = new BufferBudget(server.buffers(), half, limits.stallTimeout());
    }

    Limits limits() {
        return server.limits();
    }

    Outbound outbound() {
        Outbound present = outbound;
        if (present == null) {
            throw new IllegalStateException("connection is not open");
        }
        return present;
    }

    Instant now() {
        return server.clock().instant();
    }

    CommandExecutor executor() {
        return executor;
    }

    BufferBudget inboundBudget() {
        return inboundBudget;
    }

    BufferBudget outboundBudget() {
        return outboundBudget;
    }

    SocketAddress remoteAddress() {
        return remote;
    }

    InetAddress remoteHost() {
        return remote.getAddress();
    }

    InetSocketAddress localAddress() {
        return local;
    }

    boolean isTls() {
        return transport instanceof TlsTransport;
    }

    @Override
    public void run() {
        try {
            serve();
        } catch (IOException e) {
            if (closing) {
                log.debug("connection from {} ended", remote, e);
            } else {
                log.info("connection from {} ended: {}", remote, e.toString());
            }
        } catch (RuntimeException | Error e) {
            log.error("connection from {} ended in a defect", remote, e);
        } finally {
            cleanUp();
        }
    }

    private void serve() throws IOException {
        Transport opened = shakeHands();
        transport = opened;
        if (closing) {
            opened.close();
        }
        Optional<String> principal = opened instanceof TlsTransport tls ? tls.peerCommonName() : Optional.empty();
        Access access = new Access(remote.getAddress(), principal);
        PduReader in = new PduReader(opened, LOGIN_SEGMENT_BYTES);
        PduWriter out = new PduWriter(opened);
        Outbound queue = new Outbound(out, this::fail);
        reader = in;
        writer = out;
        outbound = queue;
        LoginPhase login = new LoginPhase(in, queue, access, server::find, limits(), this::refused);
        Optional<LoginPhase.Result> result;
        try {
            result = login.run();
        } catch (ProtocolViolation e) {
            refused("", "", Reason.PROTOCOL, String.valueOf(e.getMessage()));
            throw e;
        }
        if (result.isPresent()) {
            fullFeature(login, result.get(), access, in, queue);
        }
    }

    private Transport shakeHands() throws IOException {
        try {
            return opening.open();
        } catch (IOException e) {
            // Who connects and hangs up has not tried to log in. A peer that dislikes our certificate may reset the
            // connection.
            boolean hungUp = e instanceof SSLException && e.getCause() instanceof EOFException;
            if (opening.tls() && !closing && !hungUp) {
                refused("", "", Reason.TLS_FAILURE, "TLS handshake failed: " + e.getMessage());
            }
            throw e;
        }
    }

    private void refused(String initiatorName, String targetName, Reason reason, String detail) {
        server.refusals().refused(remote, initiatorName, targetName, reason, detail);
    }

    private void fullFeature(LoginPhase phase, LoginPhase.Result login, Access access, PduReader in, Outbound queue)
            throws IOException {
        CommandWindow window = new CommandWindow(login.firstCmdSn(), limits().commandWindow());
        SendLimit sendLimit = new SendLimit(login.parameters().sendSegmentBytes());
        Session admitted = null;
        if (login.target().isPresent() && login.checked().isPresent()) {
            ExportedTarget target = login.target().get();
            Nexus nexus = new Nexus(login.initiatorName(), login.isid());
            admitted = new Session(this, target, nexus, login.parameters(), window, access, sendLimit);
            session = admitted;
            try {
                target.admit(admitted, login.checked().get());
            } catch (LoginRefusal e) {
                queue.send(withStatus(login.lastResponse(), e.status()));
                queue.flush();
                phase.tell(e);
                return;
            }
        }
        in.enterFullFeaturePhase(
                limits().maxDataSegmentBytes(),
                MAX_ADDITIONAL_HEADER_BYTES,
                login.parameters().digests());
        // The clock of the login stops before its last response: the peer may answer at once.
        loggedIn = true;
        queue.use(window);
        queue.send(withTsih(login.lastResponse(), server.nextTsih()), login.lastText());
        queue.flush();
        queue.useDigests(login.parameters().digests());
        log.info(
                "{} logged in from {} to {}",
                login.initiatorName(),
                remote,
                login.target().map(target -> target.definition().iqn()).orElse("discovery"));
        TextNegotiation text = new TextNegotiation(
                queue,
                new VisibleTargets(server, access, login.initiatorName(), admitted, local),
                sendLimit,
                limits().maxDataSegmentBytes());
        new FullFeaturePhase(this, in, window, text, admitted).run();
    }

    private static LoginResponse withTsih(LoginResponse response, int tsih) {
        return new LoginResponse(
                response.transit(),
                false,
                response.currentStage(),
                response.nextStage(),
                0,
                0,
                response.isid(),
                tsih,
                response.initiatorTaskTag(),
                0,
                0);
    }

    private static LoginResponse withStatus(LoginResponse response, LoginStatus status) {
        return new LoginResponse(
                false,
                false,
                response.currentStage(),
                0,
                0,
                0,
                response.isid(),
                0,
                response.initiatorTaskTag(),
                status.statusClass(),
                status.statusDetail());
    }

    private void cleanUp() {
        closing = true;
        try {
            closeTransport();
            inboundBudget.close();
            outboundBudget.close();
            Outbound queue = outbound;
            if (queue != null) {
                queue.close();
            }
            Session present = session;
            if (present != null) {
                present.closed();
            }
            executor.awaitIdle();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            server.ended(this);
            ended.countDown();
        }
    }

    private void closeTransport() {
        Transport present = transport;
        if (present == null) {
            opening.close();
        } else {
            present.close();
        }
    }

    /** Cuts the connection; its reader thread then cleans up. Callable from any thread, also twice. */
    void fail(IOException cause) {
        if (!closing) {
            log.info("connection from {} is cut: {}", remote, cause.toString());
        }
        close();
    }

    void close() {
        closing = true;
        closeTransport();
    }

    /** Cuts the connection and waits until its last thread is done; not to be called from one of them. */
    void endAndAwait() {
        close();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isClosing() {
        return closing;
    }

    void pingAnswered() {
        pingSentNanos = 0;
    }

    /** Looks for what must not go on: a login without end, a peer that does not read, send or answer. Never blocks. */
    void watch(long now) {
        Limits limits = limits();
        PduReader in = reader;
        PduWriter out = writer;
        if (!loggedIn && now - startedNanos > limits.loginTimeout().toNanos()) {
            if (!closing) {
                refused("", "", Reason.TIMEOUT, "no login within " + limits.loginTimeout());
            }
            fail(new IOException("no login within " + limits.loginTimeout()));
            return;
        }
        if (in == null || out == null || !loggedIn) {
            return;
        }
        long stuckSince = out.stuckSinceNanos();
        if (stuckSince != 0 && now - stuckSince > limits.stallTimeout().toNanos()) {
            fail(new IOException("the peer does not read"));
            return;
        }
        Session present = session;
        if (present != null && stalls(present, now)) {
            fail(new IOException("the peer does not send the data that it announced"));
            return;
        }
        watchSilence(in, now);
    }

    private boolean stalls(Session present, long now) {
        long limit = limits().stallTimeout().toNanos();
        return present.tasks().matching(WriteTask.class::isInstance).stream()
                .anyMatch(task -> ((WriteTask) task).stalledNanos(now) > limit);
    }

    private void watchSilence(PduReader in, long now) {
        long bytes = in.bytesReceived();
        if (bytes != seenBytes) {
            seenBytes = bytes;
            seenNanos = now;
            pingSentNanos = 0;
            return;
        }
        long idle = limits().idlePing().toNanos();
        long pinged = pingSentNanos;
        if (pinged != 0 && now - pinged > idle) {
            fail(new IOException("the peer does not answer pings"));
        } else if (pinged == 0 && now - seenNanos > idle) {
            pingSentNanos = now | 1;
            Outbound queue = outbound();
            queue.enqueue(Outgoing.of(new NopIn(0, Header.NO_TAG, 1)));
            executor.execute(queue::drain);
        }
    }
}
