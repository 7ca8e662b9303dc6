package org.understudy.iscsi.initiator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
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
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.LogoutRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.PduWriter;
import org.understudy.iscsi.pdu.TargetPdu.R2t;
import org.understudy.iscsi.pdu.TargetPdu.TextResponse;
import org.understudy.iscsi.pdu.Transport;

/**
 * One logged-in connection: numbers and sends requests, and keeps the commands that wait for an answer. A reader thread takes
 * what comes ({@link LinkReader}); a sender thread sends what the reader must not, for a reader that waits to send may wait
 * for a target that waits for it to read. Thread-safe.
 *
 * <p>Two locks. {@code sending} is held while bytes go out, which may take long; {@code lock} guards the state and is held for
 * moments only, so that the reader never waits for a writer. Whoever needs both takes {@code sending} first.
 */
final class Link {

    private static final Logger log = LoggerFactory.getLogger(Link.class);
    private static final int SIMPLE = 1;
    private static final int INITIATOR_ERROR = 0x0200;
    private static final int MAX_ANSWERS_WAITING = 1000;
    private static final int BATCH_BYTES = 256 << 10;
    private static final Runnable STOP = () -> {};
    private static final int PING_TAG = Integer.MAX_VALUE;
    private static final int LOGOUT_TAG = Integer.MAX_VALUE - 1;
    private static final int LAST_COMMAND_TAG = Integer.MAX_VALUE - 16;

    private final SessionConfig config;
    private final Transport transport;
    private final PduWriter writer;
    private final SessionParameters parameters;
    private final ReentrantLock sending = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Integer, Exchange> pending = new HashMap<>();
    /** Sent from completions while no place was free. */
    private final Deque<Exchange> deferred = new ArrayDeque<>();

    private final BlockingQueue<Runnable> sendLater = new LinkedBlockingQueue<>();
    private final Thread readerThread;
    private final Thread senderThread;
    private final SilenceWatch watch;
    /** Commands in the writer that the sender has not flushed yet; only the sender uses it. */
    private final List<Attempt> batch = new ArrayList<>();

    private int batchBytes;
    /** Completions left headers in the writer; only the reader uses it. */
    private boolean headersQueued;

    private final TextQuestion text;
    private final Owner owner;
    private final AtomicReference<@Nullable IscsiException> failure = new AtomicReference<>();

    /** Of the next command that is sent; guarded by {@code sending}. */
    private int cmdSn;
    /** Of the next command that gets a place: ahead of {@code cmdSn} by those that are about to be sent. */
    private int admitted;

    private int maxCmdSn;
    /** Commands under way that carry data to the target. */
    private int writesUnderWay;

    private int nextTag = 1;
    private volatile int expStatSn;
    private volatile int sendSegmentBytes;
    private boolean loggedOut;
    private boolean lossTold;
    private boolean senderEnded;
    /** The last place went to a completion. */
    private boolean callersTurn;

    private int waitingToSend;
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
        this.writer = writer;
        this.parameters = login.parameters();
        this.sendSegmentBytes = login.parameters().sendSegmentBytes();
        this.cmdSn = login.cmdSn();
        this.admitted = cmdSn;
        this.maxCmdSn = login.maxCmdSn();
        this.expStatSn = login.expStatSn();
        this.readerThread = new Thread(new LinkReader(this, reader), "iscsi-initiator-reader");
        this.senderThread = new Thread(this::sendLoop, "iscsi-initiator-sender");
        readerThread.setDaemon(true);
        senderThread.setDaemon(true);
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
            link.senderThread.start();
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
        if (Thread.currentThread() == readerThread || Thread.currentThread() == senderThread) {
            return submitFromCompletion(exchange);
        }
        Attempt attempt;
        lock.lock();
        try {
            if (waitingToSend++ == 0 && pending.isEmpty()) {
                progressNanos = System.nanoTime();
            }
            try {
                while (usable() && !(hasPlace() && (deferred.isEmpty() || callersTurn))) {
                    changed.await();
                }
            } finally {
                waitingToSend--;
                callersTurn = false;
            }
            if (!usable()) {
                return false;
            }
            attempt = admit(exchange);
            admitDeferred();
        } catch (InterruptedException e) {
            admitDeferred();
            Thread.currentThread().interrupt();
            throw new ConnectionLost("interrupted while waiting to send", e);
        } finally {
            lock.unlock();
        }
        transmit(exchange, attempt);
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
                if (deferred.isEmpty() && hasPlaceForCompletion()) {
                    attempt = admit(exchange);
                    callersTurn = true;
                } else {
                    deferred.add(exchange);
                }
            }
        } finally {
            lock.unlock();
        }
        if (lost != null) {
            owner.lost(this, lost, List.of(exchange));
        } else if (attempt != null && !queueHeader(exchange, attempt)) {
            Attempt admittedNow = attempt;
            sendLater.add(() -> transmitSoon(exchange, admittedNow));
        }
        return true;
    }

    /**
     * Leaves a command in the writer until the reader has nothing else to do. Only if no data is on its way to the target: headers
     * alone never fill its receive buffer, data might, and then the target may wait until this thread reads.
     */
    private boolean queueHeader(Exchange exchange, Attempt attempt) {
        if (Thread.currentThread() != readerThread || !sending.tryLock()) {
            return false;
        }
        try {
            if (hasWritesUnderWay()) {
                return false;
            }
            if (failure.get() == null) {
                sendCommand(exchange, attempt);
                headersQueued = true;
            }
            sent(attempt);
            return true;
        } catch (IOException e) {
            failSoon(e);
            return true;
        } finally {
            sending.unlock();
        }
    }

    private boolean hasWritesUnderWay() {
        lock.lock();
        try {
            return writesUnderWay > 0;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends what completions left in the writer; called by the reader before it waits. If a write is under way by now, its sender
     * came after those headers and sends them too.
     */
    void flushCompletions() {
        if (!headersQueued) {
            return;
        }
        headersQueued = false;
        if (sending.tryLock()) {
            try {
                if (!hasWritesUnderWay()) {
                    writer.flush();
                }
            } catch (IOException e) {
                failSoon(e);
            } finally {
                sending.unlock();
            }
        }
    }

    private boolean usable() {
        return failure.get() == null && !loggedOut;
    }

    private boolean hasPlace() {
        return pending.size() < config.queueDepth() && admitted - maxCmdSn <= 0;
    }

    /** Chains that never end must not keep callers out that wait: they take turns. */
    private boolean hasPlaceForCompletion() {
        return hasPlace() && !(callersTurn && waitingToSend > 0);
    }

    /** Gives a command its place among those under way. The caller has it sent at once. */
    private Attempt admit(Exchange exchange) {
        long now = System.nanoTime();
        Attempt attempt = new Attempt(nextTag);
        exchange.attempt = attempt;
        exchange.attempts++;
        progressNanos = now;
        nextTag = nextTag == LAST_COMMAND_TAG ? 1 : nextTag + 1;
        if (pending.isEmpty()) {
            watch.begins(now);
        }
        pending.put(attempt.tag, exchange);
        admitted++;
        if (exchange.dataOut() != null) {
            writesUnderWay++;
        }
        return attempt;
    }

    /** Those that wait since a completion sent them, as far as there is room now. Called with the lock. */
    private void admitDeferred() {
        while (!deferred.isEmpty() && usable() && hasPlaceForCompletion()) {
            Exchange next = deferred.remove();
            callersTurn = true;
            Attempt attempt = admit(next);
            sendLater.add(() -> transmitSoon(next, attempt));
        }
    }

    /** Sends a command again that holds a place among those under way; called on the sender thread. */
    private void resubmit(Exchange exchange, int tag) {
        Attempt attempt;
        lock.lock();
        try {
            while (failure.get() == null && admitted - maxCmdSn > 0) {
                changed.await();
            }
            if (failure.get() != null || !forget(exchange, tag)) {
                return;
            }
            attempt = admit(exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failSoon(new IOException("interrupted", e));
            return;
        } finally {
            lock.unlock();
        }
        transmit(exchange, attempt);
    }

    /** Takes a command off the list; false if it was not there. Called with the lock. */
    private boolean forget(Exchange exchange, int tag) {
        boolean ours = pending.remove(tag, exchange);
        if (ours && exchange.dataOut() != null) {
            writesUnderWay--;
        }
        return ours;
    }

    /** Puts an admitted command on the wire. */
    private void transmit(Exchange exchange, Attempt attempt) {
        send(attempt, () -> sendCommand(exchange, attempt));
    }

    /** Something that goes out. */
    @FunctionalInterface
    private interface Sending {
        void run() throws IOException;
    }

    /**
     * Sends, unless the link is lost.
     *
     * @param attempt whose data it is, if any: if it was answered meanwhile it completes now
     */
    private void send(@Nullable Attempt attempt, Sending what) {
        IOException trouble = null;
        sending.lock();
        try {
            if (failure.get() == null) {
                what.run();
                writer.flush();
            }
        } catch (IOException e) {
            trouble = e;
        } finally {
            if (attempt != null) {
                sent(attempt);
            }
            sending.unlock();
        }
        if (trouble != null) {
            fail(sendingFailed(trouble));
        }
    }

    /** One sender less; what was answered meanwhile completes on the sender thread. */
    private void sent(Attempt attempt) {
        Runnable completion;
        lock.lock();
        try {
            completion = --attempt.senders == 0 ? attempt.completion : null;
            if (completion != null && !senderEnded) {
                sendLater.add(completion);
                return;
            }
        } finally {
            lock.unlock();
        }
        if (completion != null) {
            completion.run();
        }
    }

    /** Fails from a thread that holds a lock or has to go on reading: the sender does it. */
    private void failSoon(IOException cause) {
        sendLater.add(() -> fail(sendingFailed(cause)));
    }

    private static IscsiException sendingFailed(IOException cause) {
        return cause instanceof IscsiException known ? known : new ConnectionLost("sending failed", cause);
    }

    private void sendCommand(Exchange exchange, Attempt attempt) throws IOException {
        ByteBuffer data = exchange.dataOut();
        int length = exchange.expectedLength();
        int immediate = data != null && parameters.immediateData()
                ? Math.min(length, Math.min(parameters.firstBurstBytes(), sendSegmentBytes))
                : 0;
        int unsolicited = data != null && !parameters.initialR2t()
                ? Math.min(length, Math.max(immediate, parameters.firstBurstBytes()))
                : immediate;
        boolean isFinal = unsolicited == immediate;
        ScsiCommand command = new ScsiCommand(
                false,
                isFinal,
                exchange.dataIn() != null,
                data != null,
                SIMPLE,
                exchange.lun(),
                attempt.tag,
                length,
                exchange.cdb());
        add(command, data == null ? null : data.slice(data.position(), immediate));
        if (data != null && !isFinal) {
            sendData(exchange, attempt.tag, data, immediate, unsolicited, Header.NO_TAG);
        }
    }

    /** Data-Out PDUs for bytes {@code from} to {@code to} of a command. */
    private void sendData(Exchange exchange, int tag, ByteBuffer data, int from, int to, int transferTag)
            throws IOException {
        int dataSn = 0;
        int offset = from;
        while (offset < to) {
            int part = Math.min(sendSegmentBytes, to - offset);
            DataOut pdu = new DataOut(offset + part == to, exchange.lun(), tag, transferTag, dataSn++, offset);
            add(pdu, data.slice(data.position() + offset, part));
            offset += part;
        }
    }

    private void add(InitiatorPdu pdu, @Nullable ByteBuffer data) throws IOException {
        if (writer.isFull()) {
            writer.flush();
        }
        ByteBuffer header = writer.nextHeader();
        pdu.encode(header);
        if (!pdu.unnumbered()) {
            header.putInt(24, cmdSn);
            if (!pdu.immediate()) {
                cmdSn++;
            }
        }
        header.putInt(28, expStatSn);
        writer.add(header, data);
    }

    /** A target that pings and does not read the answers would have them pile up here. */
    boolean hasRoomForAnswer() {
        return sendLater.size() < MAX_ANSWERS_WAITING;
    }

    /** Sends a request outside of the command queue, on the sender thread. */
    void sendSoon(InitiatorPdu pdu, byte[] data) {
        sendLater.add(() -> sendNow(pdu, data));
    }

    private void sendNow(InitiatorPdu pdu, byte[] data) {
        send(null, () -> add(pdu, ByteBuffer.wrap(data)));
    }

    /** The target asks for data; it is sent by the sender thread. */
    void requested(R2t request) {
        sendLater.add(() -> answer(request));
    }

    private void answer(R2t request) {
        Exchange exchange;
        ByteBuffer data;
        Attempt attempt;
        lock.lock();
        try {
            exchange = pending.get(request.initiatorTaskTag());
            data = exchange == null ? null : exchange.dataOut();
            if (exchange == null || data == null) {
                return;
            }
            attempt = exchange.attempt;
            attempt.senders++;
        } finally {
            lock.unlock();
        }
        long end = request.bufferOffset() + request.desiredLength();
        send(attempt, () -> {
            if (end > exchange.expectedLength()) {
                throw new ProtocolViolation("target asked for data that does not exist");
            }
            sendData(exchange, attempt.tag, data, (int) request.bufferOffset(), (int) end, request.targetTransferTag());
        });
    }

    private void sendLoop() {
        try {
            Runnable next = sendLater.take();
            while (next != STOP) {
                next.run();
                next = sendLater.poll();
                if (next == null) {
                    flushBatch();
                    next = sendLater.take();
                }
            }
            flushBatch();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<Runnable> left = new ArrayList<>();
        lock.lock();
        try {
            senderEnded = true;
            sendLater.drainTo(left);
        } finally {
            lock.unlock();
        }
        left.forEach(Runnable::run);
    }

    /** On the sender thread: puts a command into the writer, to go out with others that wait. */
    private void transmitSoon(Exchange exchange, Attempt attempt) {
        IOException trouble = null;
        sending.lock();
        try {
            if (failure.get() == null) {
                sendCommand(exchange, attempt);
            }
        } catch (IOException e) {
            trouble = e;
        } finally {
            sending.unlock();
        }
        batch.add(attempt);
        batchBytes += exchange.dataOut() == null ? 0 : exchange.expectedLength();
        if (trouble != null || batchBytes >= BATCH_BYTES) {
            flushBatch();
        }
        if (trouble != null) {
            fail(sendingFailed(trouble));
        }
    }

    private void flushBatch() {
        if (batch.isEmpty()) {
            return;
        }
        IOException trouble = null;
        sending.lock();
        try {
            if (failure.get() == null) {
                writer.flush();
            }
        } catch (IOException e) {
            trouble = e;
        } finally {
            batch.forEach(this::sent);
            sending.unlock();
        }
        batch.clear();
        batchBytes = 0;
        if (trouble != null) {
            fail(sendingFailed(trouble));
        }
    }

    @Nullable
    Exchange find(int tag) {
        lock.lock();
        try {
            return pending.get(tag);
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
            if (newMaxCmdSn - maxCmdSn > 0) {
                maxCmdSn = newMaxCmdSn;
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
            boolean ours = forget(exchange, attempt.tag);
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
            sendLater.add(() -> resubmit(exchange, tag));
        } else {
            var unused = Watch.after(delay, () -> sendLater.add(() -> resubmit(exchange, tag)));
        }
    }

    /** Ends the link and hands what is unfinished to the owner. The first cause stays. */
    void fail(IscsiException cause) {
        failure.compareAndSet(null, cause);
        IscsiException standing = standingFailure();
        watch.cancel();
        // First of all: whoever sends may be stuck in a write. After him nobody sends any more.
        transport.close();
        sending.lock();
        sending.unlock();
        List<Exchange> lost = new ArrayList<>();
        boolean tell;
        lock.lock();
        try {
            lost.addAll(pending.values());
            lost.addAll(deferred);
            pending.clear();
            deferred.clear();
            writesUnderWay = 0;
            // The owner that logged out knows.
            tell = !lossTold && !(loggedOut && lost.isEmpty());
            lossTold |= tell;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        sendLater.add(STOP);
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
        join(senderThread, config.timeout());
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
                    sendSegmentBytes = OperationalKeys.segmentLength(declared);
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
            boolean waiting = text.isOpen() || !pending.isEmpty() || waitingToSend > 0;
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
        Thread ending = new Thread(() -> fail(new ConnectionLost(why)), "iscsi-initiator-end");
        ending.setDaemon(true);
        ending.start();
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
            while (failure.get() == null && !(pending.isEmpty() && deferred.isEmpty())) {
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
