package org.understudy.iscsi.initiator;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.IscsiException.LoginRefused;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.initiator.Exchange.Attempt;
import org.understudy.iscsi.negotiation.NegotiationException;
import org.understudy.iscsi.negotiation.OperationalKeys;
import org.understudy.iscsi.negotiation.SessionParameters;
import org.understudy.iscsi.negotiation.TextKeys;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu;
import org.understudy.iscsi.pdu.InitiatorPdu.LogoutRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.PduWriter;
import org.understudy.iscsi.pdu.TargetPdu.R2t;
import org.understudy.iscsi.pdu.TargetPdu.TextResponse;
import org.understudy.iscsi.pdu.Transport;

/**
 * One logged-in connection: gives commands their places and keeps them until they are answered. A reader thread takes what comes
 * ({@link LinkReader}), the {@link Outbox} sends. The lock here is held for moments only, never while bytes move, so that the
 * reader never waits for a writer. Thread-safe.
 */
final class Link {

    private static final Logger log = LoggerFactory.getLogger(Link.class);
    private static final int INITIATOR_ERROR = 0x0200;
    private static final int MAX_ANSWERS_WAITING = 1000;
    private static final int PING_TAG = Integer.MAX_VALUE;
    private static final int LOGOUT_TAG = Integer.MAX_VALUE - 1;

    private final SessionConfig config;
    private final Transport transport;
    private final SessionParameters parameters;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Places places;
    private final Thread readerThread;
    private final Outbox outbox;
    private final SilenceWatch watch;
    private final TextQuestion text;
    private final Owner owner;
    private final AtomicReference<@Nullable IscsiException> failure = new AtomicReference<>();

    private volatile int expStatSn;
    private boolean loggedOut;
    private boolean lossTold;
    /** When a command was last sent or answered. */
    private long progressNanos = System.nanoTime();

    /** Who is told when a link is lost; must not block. */
    interface Owner {
        /**
         * Called once.
         *
         * @param unfinished commands that got no answer; nobody else will complete them
         */
        void lost(Link link, IscsiException cause, List<Exchange> unfinished);
    }

    private Link(
            SessionConfig config,
            Owner owner,
            Transport transport,
            PduReader reader,
            PduWriter writer,
            InitiatorLogin.Result login) {
        this.config = config;
        this.owner = owner;
        this.transport = transport;
        this.parameters = login.parameters();
        this.places = new Places(config.queueDepth(), login.cmdSn(), login.maxCmdSn());
        this.expStatSn = login.expStatSn();
        this.readerThread = new SessionThread(new LinkReader(this, reader), "iscsi-initiator-reader");
        this.outbox = new Outbox(this, transport, writer, parameters, login.cmdSn());
        this.text = new TextQuestion(this);
        this.watch = new SilenceWatch(this, config.timeout(), reader, writer);
    }

    /**
     * Connects and logs in.
     *
     * @param loginLimit time for that
     */
    static Link open(SessionConfig config, Duration loginLimit, boolean discovery, long isid, Owner owner)
            throws IscsiException {
        try {
            return open(config, loginLimit, discovery, isid, owner, InitiatorLogin.CHAP_ALGORITHMS);
        } catch (LoginRefused e) {
            if (e.status() != INITIATOR_ERROR || config.chap().isEmpty()) {
                throw e;
            }
            // tgt takes algorithm 7 for SHA-1 and calls a SHA-256 response an initiator error. MD5 was on offer before,
            // so a target that wants the weaker one gets nothing that it could not have had.
            log.debug("login at {} once more with MD5 alone", config.address());
            return open(config, loginLimit, discovery, isid, owner, InitiatorLogin.CHAP_MD5);
        }
    }

    private static Link open(
            SessionConfig config, Duration loginLimit, boolean discovery, long isid, Owner owner, String algorithms)
            throws IscsiException {
        TimedConnect connecting = new TimedConnect(config.withTimeout(loginLimit));
        try {
            Transport transport = connecting.connect();
            PduReader reader = new PduReader(transport, InitiatorLogin.SEGMENT_BYTES);
            PduWriter writer = new PduWriter(transport);
            InitiatorLogin.Result login = new InitiatorLogin(config, discovery, isid, algorithms, reader, writer).run();
            connecting.done();
            reader.enterFullFeaturePhase(
                    InitiatorLogin.SEGMENT_BYTES, 0, login.parameters().digests());
            writer.useDigests(login.parameters().digests());
            Link link = new Link(config, owner, transport, reader, writer, login);
            link.readerThread.start();
            link.outbox.start();
            link.watch.start();
            return link;
        } catch (IOException e) {
            connecting.close();
            throw connecting.explain(e);
        }
    }

    SessionParameters parameters() {
        return parameters;
    }

    /**
     * Sends a command; blocks while as many are under way as the queue depth or the target's window allows. In a
     * completion it never blocks: there the command waits for its place in a queue.
     *
     * @return false if the link was lost or logged out before; otherwise it answers for the command, also by {@link Owner#lost}
     */
    boolean submit(Exchange exchange) throws IscsiException {
        if (Thread.currentThread() == readerThread || Thread.currentThread() == outbox.thread()) {
            return submitFromCompletion(exchange);
        }
        Attempt attempt;
        lock.lock();
        try {
            if (!places.hasCallers() && places.areEmpty()) {
                progressNanos = System.nanoTime();
            }
            places.callerComes();
            try {
                while (usable() && !places.isFreeForCaller()) {
                    changed.await();
                }
            } finally {
                places.callerGoes();
            }
            if (!usable()) {
                return false;
            }
            attempt = places.take(exchange);
            admitted();
            admitDeferred();
        } catch (InterruptedException e) {
            admitDeferred();
            Thread.currentThread().interrupt();
            throw new ConnectionLost("interrupted while waiting to send", e);
        } finally {
            lock.unlock();
        }
        outbox.send(exchange, attempt);
        return true;
    }

    private boolean submitFromCompletion(Exchange exchange) {
        IscsiException lost;
        Attempt attempt = null;
        lock.lock();
        try {
            lost = failure.get();
            if (lost == null) {
                if (loggedOut) {
                    return false;
                }
                attempt = places.takeOrDefer(exchange);
                if (attempt != null) {
                    admitted();
                }
            }
        } finally {
            lock.unlock();
        }
        if (lost != null) {
            owner.lost(this, lost, List.of(exchange));
        } else if (attempt != null
                && !(Thread.currentThread() == readerThread && outbox.collectFromReader(exchange, attempt))) {
            outbox.sendSoon(exchange, attempt);
        }
        return true;
    }

    /** Whether the reader may write, with what is under way now, see {@link Places#fit}. */
    boolean readerMaySend(int sendRoom, int receiveRoom) {
        lock.lock();
        try {
            return places.fit(sendRoom, receiveRoom);
        } finally {
            lock.unlock();
        }
    }

    /** Sends what completions left in the writer; called by the reader before it waits. */
    void flushCompletions() {
        outbox.sendCollected();
    }

    boolean isLost() {
        return failure.get() != null;
    }

    int expStatSn() {
        return expStatSn;
    }

    private boolean usable() {
        return failure.get() == null && !loggedOut;
    }

    /** A command got a place. Called with the lock. */
    private void admitted() {
        progressNanos = System.nanoTime();
        if (places.areOne()) {
            watch.begins(progressNanos);
        }
    }

    /** Those that wait since a completion sent them, as far as there is room now. Called with the lock. */
    private void admitDeferred() {
        while (usable()) {
            Exchange next = places.takeDeferred();
            if (next == null) {
                return;
            }
            admitted();
            outbox.sendSoon(next, next.attempt);
        }
    }

    /** Sends a command again that holds a place among those under way; called on the sender thread. */
    private void resubmit(Exchange exchange, int tag) {
        Attempt attempt;
        lock.lock();
        try {
            while (failure.get() == null && !places.windowIsOpen()) {
                changed.await();
            }
            if (failure.get() != null || !places.free(exchange, tag)) {
                return;
            }
            attempt = places.take(exchange);
            admitted();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            outbox.later(() -> fail(new ConnectionLost("interrupted", e)));
            return;
        } finally {
            lock.unlock();
        }
        outbox.send(exchange, attempt);
    }

    /** One sender less; what was answered meanwhile completes on the sender thread. */
    void sent(Attempt attempt) {
        Runnable completion;
        lock.lock();
        try {
            completion = --attempt.senders == 0 ? attempt.completion : null;
        } finally {
            lock.unlock();
        }
        if (completion != null) {
            outbox.later(completion);
        }
    }

    /** The target asks for data; it is sent by the sender thread. */
    void requested(R2t request) {
        outbox.later(() -> answer(request));
    }

    private void answer(R2t request) {
        Exchange exchange;
        Attempt attempt;
        lock.lock();
        try {
            exchange = places.find(request.initiatorTaskTag());
            if (exchange == null || exchange.dataOut() == null) {
                return;
            }
            attempt = exchange.attempt;
            attempt.senders++;
        } finally {
            lock.unlock();
        }
        outbox.sendData(exchange, attempt, request);
    }

    /** A target that pings and does not read the answers would have them pile up here. */
    boolean hasRoomForAnswer() {
        return outbox.waiting() < MAX_ANSWERS_WAITING;
    }

    /** Sends a request outside of the command queue, on the sender thread. */
    void sendSoon(InitiatorPdu pdu, byte[] data) {
        outbox.later(() -> outbox.send(pdu, data));
    }

    @Nullable
    Exchange find(int tag) {
        lock.lock();
        try {
            return places.find(tag);
        } finally {
            lock.unlock();
        }
    }

    /** Takes the numbers of a PDU that came. */
    void numbers(boolean advances, int statSn, int newMaxCmdSn) {
        if (advances) {
            expStatSn = statSn + 1;
        }
        lock.lock();
        try {
            if (places.widen(newMaxCmdSn)) {
                admitDeferred();
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * A command got its answer: its place is free, and it completes; at once, or when its data is not being sent any more. If the
     * link was lost meanwhile the command is in its owner's hands and nothing happens.
     */
    void finished(Exchange exchange, Runnable completion) {
        lock.lock();
        try {
            Attempt attempt = exchange.attempt;
            boolean ours = places.free(exchange, attempt.tag);
            progressNanos = System.nanoTime();
            admitDeferred();
            changed.signalAll();
            if (!ours) {
                return;
            }
            if (attempt.senders > 0) {
                attempt.completion = completion;
                return;
            }
        } finally {
            lock.unlock();
        }
        completion.run();
    }

    /** Sends a command again after a while, keeping its place. */
    void retry(Exchange exchange, Duration delay) {
        int tag = exchange.attempt.tag;
        if (delay.isZero()) {
            outbox.later(() -> resubmit(exchange, tag));
        } else {
            var unused = Watch.after(delay, () -> outbox.later(() -> resubmit(exchange, tag)));
        }
    }

    /** Ends the link and hands what is unfinished to the owner. The first cause stays. */
    void fail(IscsiException cause) {
        failure.compareAndSet(null, cause);
        IscsiException standing = standingFailure();
        watch.cancel();
        // First of all: whoever sends may be stuck in a write. After him nobody sends any more.
        transport.close();
        outbox.awaitSenders();
        List<Exchange> lost;
        boolean tell;
        lock.lock();
        try {
            lost = places.clear();
            // The owner that logged out knows.
            tell = !lossTold && !(loggedOut && lost.isEmpty());
            lossTold |= tell;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        outbox.end();
        text.fail(standing);
        if (tell) {
            owner.lost(this, standing, lost);
        }
    }

    /** Tells the owner again of a loss that may have come before he knew this link. */
    void reportIfLost() {
        IscsiException cause = failure.get();
        if (cause != null) {
            owner.lost(this, cause, List.of());
        }
    }

    private IscsiException standingFailure() {
        return Objects.requireNonNull(failure.get());
    }

    /** Returns when no thread of a link that was lost touches buffers of its commands any more. */
    void awaitEnd() {
        join(readerThread, config.timeout());
        join(outbox.thread(), config.timeout());
    }

    /** Asks a text question; completes with the whole answer. One question at a time. */
    CompletableFuture<byte[]> askText(byte[] question) {
        lock.lock();
        try {
            progressNanos = System.nanoTime();
        } finally {
            lock.unlock();
        }
        return text.ask(question, failure::get);
    }

    /** A part of a text answer came. */
    void text(TextResponse response, byte[] part) throws IscsiException {
        text.answered(response, part);
    }

    /** Declares the longest data segment that we take, and takes note of what the target declares in turn. */
    CompletableFuture<Void> declareSegmentBytes(int bytes) {
        byte[] question = new TextKeys().put(OperationalKeys.MAX_RECV, bytes).encode();
        return askText(question).thenAccept(answer -> {
            try {
                String declared = TextKeys.parse(answer).get(OperationalKeys.MAX_RECV);
                if (declared != null) {
                    outbox.useSegmentBytes(OperationalKeys.segmentLength(declared));
                }
            } catch (NegotiationException e) {
                fail(new ProtocolViolation("text answer: " + e.getMessage()));
            }
        });
    }

    /** True as long as a busy target may still be waited for. */
    boolean mayWaitForBusy(Exchange exchange) {
        return System.nanoTime() - exchange.firstSentNanos < config.timeout().toNanos();
    }

    /** When a command or question was last sent or answered, if any waits for an answer; 0 if none does. */
    long waitingSinceNanos() {
        lock.lock();
        try {
            boolean waiting = text.isOpen() || !places.areEmpty() || places.hasCallers();
            return waiting && failure.get() == null ? progressNanos | 1 : 0;
        } finally {
            lock.unlock();
        }
    }

    /** Asks the target whether it is there. */
    void ping() {
        sendSoon(new NopOut(true, 0, PING_TAG, Header.NO_TAG), new byte[0]);
    }

    /** Fails the link on a thread of its own: failing waits for a sender that may be stuck. */
    void endSoon(String why) {
        new SessionThread(() -> fail(new ConnectionLost(why)), "iscsi-initiator-end").start();
    }

    /**
     * Waits for what is under way, logs out and closes.
     *
     * @return false if the link was lost before all was done
     */
    boolean close() {
        boolean alive = awaitIdle();
        if (alive) {
            sendSoon(new LogoutRequest(true, 0, LOGOUT_TAG, 0), new byte[0]);
            join(readerThread, config.timeout());
        }
        fail(new ConnectionLost("session is closed"));
        join(readerThread, config.timeout());
        return alive;
    }

    private boolean awaitIdle() {
        lock.lock();
        try {
            while (failure.get() == null && !places.areIdle()) {
                changed.await();
            }
            loggedOut = failure.get() == null;
            changed.signalAll();
            return loggedOut;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private static void join(Thread thread, Duration limit) {
        if (thread == Thread.currentThread()) {
            return;
        }
        try {
            thread.join(TimeUnit.NANOSECONDS.toMillis(limit.toNanos()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
