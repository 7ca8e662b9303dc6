package org.understudy.iscsi.initiator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
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
import org.understudy.iscsi.pdu.InitiatorPdu.TextRequest;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.PduWriter;
import org.understudy.iscsi.pdu.TargetPdu.R2t;
import org.understudy.iscsi.pdu.TargetPdu.TextResponse;
import org.understudy.iscsi.pdu.Transport;

/**
 * One logged-in connection: numbers and sends requests, and keeps the commands that wait for an answer. A reader thread takes
 * what comes ({@link LinkReader}); a sender thread sends what the reader must not, for a reader that waits to send may wait
 * for a target that waits for it to read. Thread-safe.
 */
final class Link {

    private static final Logger log = LoggerFactory.getLogger(Link.class);
    private static final int SIMPLE = 1;
    private static final int INITIATOR_ERROR = 0x0200;
    /** How many timeouts long a target may answer pings and nothing else. */
    private static final int PINGS_ONLY_TIMEOUTS = 10;

    private static final int MAX_ANSWERS_WAITING = 1000;
    private static final Runnable STOP = () -> {};
    private static final int PING_TAG = Integer.MAX_VALUE;
    private static final int LOGOUT_TAG = Integer.MAX_VALUE - 1;
    private static final int TEXT_TAG = Integer.MAX_VALUE - 2;
    private static final int LAST_COMMAND_TAG = Integer.MAX_VALUE - 16;
    private static final int MAX_TEXT_ANSWER_BYTES = 4 << 20;

    private final SessionConfig config;
    private final Transport transport;
    private final PduReader reader;
    private final PduWriter writer;
    private final SessionParameters parameters;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Integer, Exchange> pending = new HashMap<>();
    private final BlockingQueue<Runnable> sendLater = new LinkedBlockingQueue<>();
    private final Thread readerThread;
    private final Thread senderThread;
    private final ScheduledFuture<?> watch;
    private final Owner owner;
    private final AtomicReference<@Nullable IscsiException> failure = new AtomicReference<>();

    private int cmdSn;
    private int maxCmdSn;
    private int nextTag = 1;
    private volatile int expStatSn;
    private volatile int sendSegmentBytes;
    private boolean loggedOut;
    private boolean lossTold;
    private int waitingToSend;
    /** When a command was last sent or answered. */
    private long progressNanos = System.nanoTime();

    private long watchedBytes;
    private long watchedSent;
    private long watchedNanos = System.nanoTime();
    private boolean pinged;
    private @Nullable CompletableFuture<byte[]> textAnswer;
    private final ByteArrayOutputStream textParts = new ByteArrayOutputStream();

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
        this.reader = reader;
        this.writer = writer;
        this.parameters = login.parameters();
        this.sendSegmentBytes = login.parameters().sendSegmentBytes();
        this.cmdSn = login.cmdSn();
        this.maxCmdSn = login.maxCmdSn();
        this.expStatSn = login.expStatSn();
        this.readerThread = new Thread(new LinkReader(this, reader), "iscsi-initiator-reader");
        this.senderThread = new Thread(this::sendLoop, "iscsi-initiator-sender");
        readerThread.setDaemon(true);
        senderThread.setDaemon(true);
        long interval = Math.max(10, config.timeout().toMillis() / 4);
        this.watch = Watch.every(Duration.ofMillis(interval), this::watchSilence);
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
     * Sends a command; blocks while as many are under way as the queue depth or the target's window allows.
     *
     * @return false if the link was lost or logged out before; otherwise it answers for the command, also by {@link Owner#lost}
     */
    boolean submit(Exchange exchange) throws IscsiException {
        lock.lock();
        try {
            if (waitingToSend++ == 0 && pending.isEmpty()) {
                progressNanos = System.nanoTime();
            }
            try {
                while (usable() && (pending.size() >= config.queueDepth() || cmdSn - maxCmdSn > 0)) {
                    changed.await();
                }
            } finally {
                waitingToSend--;
            }
            if (!usable()) {
                return false;
            }
            send(exchange);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectionLost("interrupted while waiting to send", e);
        } finally {
            lock.unlock();
        }
    }

    private boolean usable() {
        return failure.get() == null && !loggedOut;
    }

    /** Sends a command again that holds a place among those under way; called on the sender thread. */
    private void resubmit(Exchange exchange, int tag) {
        lock.lock();
        try {
            while (failure.get() == null && cmdSn - maxCmdSn > 0) {
                changed.await();
            }
            if (failure.get() == null && pending.remove(tag, exchange)) {
                send(exchange);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(new ConnectionLost("interrupted", e));
        } finally {
            lock.unlock();
        }
    }

    private void send(Exchange exchange) {
        exchange.tag = nextTag;
        exchange.attempts++;
        progressNanos = System.nanoTime();
        nextTag = nextTag == LAST_COMMAND_TAG ? 1 : nextTag + 1;
        if (pending.isEmpty()) {
            watchedNanos = System.nanoTime();
        }
        pending.put(exchange.tag, exchange);
        try {
            sendCommand(exchange);
            writer.flush();
        } catch (IOException e) {
            fail(new ConnectionLost("sending failed", e));
        }
    }

    private void sendCommand(Exchange exchange) throws IOException {
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
                exchange.tag,
                length,
                exchange.cdb());
        add(command, data == null ? null : data.slice(data.position(), immediate));
        if (data != null && !isFinal) {
            sendData(exchange, data, immediate, unsolicited, Header.NO_TAG);
        }
    }

    /** Data-Out PDUs for bytes {@code from} to {@code to} of a command. */
    private void sendData(Exchange exchange, ByteBuffer data, int from, int to, int transferTag) throws IOException {
        int dataSn = 0;
        int offset = from;
        while (offset < to) {
            int part = Math.min(sendSegmentBytes, to - offset);
            DataOut pdu = new DataOut(offset + part == to, exchange.lun(), exchange.tag, transferTag, dataSn++, offset);
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
        lock.lock();
        try {
            if (failure.get() == null) {
                add(pdu, ByteBuffer.wrap(data));
                writer.flush();
            }
        } catch (IOException e) {
            fail(new ConnectionLost("sending failed", e));
        } finally {
            lock.unlock();
        }
    }

    /** The target asks for data; it is sent by the sender thread. */
    void requested(R2t request) {
        sendLater.add(() -> answer(request));
    }

    private void answer(R2t request) {
        lock.lock();
        try {
            Exchange exchange = pending.get(request.initiatorTaskTag());
            ByteBuffer data = exchange == null ? null : exchange.dataOut();
            if (exchange == null || data == null || failure.get() != null) {
                return;
            }
            long end = request.bufferOffset() + request.desiredLength();
            if (end > exchange.expectedLength()) {
                fail(new IscsiException.ProtocolViolation("target asked for data that does not exist"));
                return;
            }
            sendData(exchange, data, (int) request.bufferOffset(), (int) end, request.targetTransferTag());
            writer.flush();
        } catch (IOException e) {
            fail(new ConnectionLost("sending failed", e));
        } finally {
            lock.unlock();
        }
    }

    private void sendLoop() {
        try {
            Runnable next = sendLater.take();
            while (next != STOP) {
                next.run();
                next = sendLater.take();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * A command got its answer: its place is free.
     *
     * @return false if the link was lost meanwhile and the command is in its owner's hands
     */
    boolean finished(Exchange exchange) {
        lock.lock();
        try {
            boolean ours = pending.remove(exchange.tag, exchange);
            progressNanos = System.nanoTime();
            changed.signalAll();
            return ours;
        } finally {
            lock.unlock();
        }
    }

    /** Sends a command again after a while, keeping its place. */
    void retry(Exchange exchange, Duration delay) {
        int tag = exchange.tag;
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
        watch.cancel(false);
        // First of all: whoever holds the lock may be stuck in a write.
        transport.close();
        List<Exchange> lost = new ArrayList<>();
        boolean tell;
        CompletableFuture<byte[]> answer;
        lock.lock();
        try {
            lost.addAll(pending.values());
            pending.clear();
            // The owner that logged out knows.
            tell = !lossTold && !(loggedOut && lost.isEmpty());
            lossTold |= tell;
            answer = textAnswer;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        sendLater.add(STOP);
        if (answer != null) {
            answer.completeExceptionally(standing);
        }
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
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        lock.lock();
        try {
            IscsiException lost = failure.get();
            if (lost != null) {
                answer.completeExceptionally(lost);
                return answer;
            }
            if (textAnswer != null && !textAnswer.isDone()) {
                answer.completeExceptionally(new IscsiException.ProtocolViolation("a text question is open already"));
                return answer;
            }
            textAnswer = answer;
            textParts.reset();
            progressNanos = System.nanoTime();
        } finally {
            lock.unlock();
        }
        sendSoon(new TextRequest(true, true, false, 0, TEXT_TAG, Header.NO_TAG), question);
        return answer;
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
                fail(new IscsiException.ProtocolViolation("text answer: " + e.getMessage()));
            }
        });
    }

    /** A part of a text answer came. */
    void text(TextResponse response, byte[] part) throws IscsiException {
        CompletableFuture<byte[]> answer;
        lock.lock();
        try {
            answer = textAnswer;
            if (answer == null || textParts.size() + part.length > MAX_TEXT_ANSWER_BYTES) {
                throw new IscsiException.ProtocolViolation("text that was not asked for, or too much of it");
            }
            textParts.writeBytes(part);
        } finally {
            lock.unlock();
        }
        if (response.isFinal()) {
            answer.complete(textParts.toByteArray());
        } else {
            sendSoon(
                    new TextRequest(true, true, false, response.lun(), TEXT_TAG, response.targetTransferTag()),
                    new byte[0]);
        }
    }

    /** True as long as a busy target may still be waited for. */
    boolean mayWaitForBusy(Exchange exchange) {
        return System.nanoTime() - exchange.firstSentNanos < config.timeout().toNanos();
    }

    private void watchSilence() {
        long now = System.nanoTime();
        boolean waiting = true;
        long stuck = 0;
        long sent = writer.bytesSent();
        boolean progress = reader.bytesReceived() != watchedBytes;
        // Without the lock somebody is sending, perhaps stuck: this thread keeps time for all sessions and must not
        // wait for him.
        if (lock.tryLock()) {
            try {
                boolean asked = textAnswer != null && !textAnswer.isDone();
                waiting = (asked || !pending.isEmpty() || waitingToSend > 0) && failure.get() == null;
                stuck = now - progressNanos;
            } finally {
                lock.unlock();
            }
        } else {
            progress |= sent != watchedSent;
        }
        watchedSent = sent;
        if (waiting && stuck > PINGS_ONLY_TIMEOUTS * config.timeout().toNanos()) {
            endSoon("target is there but finished no command for " + Duration.ofNanos(stuck));
            return;
        }
        if (!waiting || progress) {
            watchedBytes = reader.bytesReceived();
            watchedNanos = now;
            pinged = false;
            return;
        }
        long silent = now - watchedNanos;
        if (silent > config.timeout().toNanos()) {
            endSoon("target was silent for " + config.timeout());
        } else if (silent > config.timeout().toNanos() / 2 && !pinged) {
            pinged = true;
            sendSoon(new NopOut(true, 0, PING_TAG, Header.NO_TAG), new byte[0]);
        }
    }

    /** Fails the link on a thread of its own: failing waits for a sender that may be stuck. */
    private void endSoon(String why) {
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
            while (failure.get() == null && !pending.isEmpty()) {
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
