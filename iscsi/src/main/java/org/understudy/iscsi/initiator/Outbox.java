package org.understudy.iscsi.initiator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.initiator.Exchange.Attempt;
import org.understudy.iscsi.negotiation.SessionParameters;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu;
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.PduWriter;
import org.understudy.iscsi.pdu.TargetPdu.R2t;

/**
 * What goes out on a link, in order, by whoever has it: a caller sends his own command; the reader leaves commands without data
 * here and sends them when it has nothing else to do; the sender thread sends all else, so that the reader never waits for a target
 * that waits for it to read. Thread-safe. The lock is held while bytes move, which may take long; whoever needs the link's lock
 * too takes this one first.
 */
final class Outbox {

    private static final int SIMPLE = 1;
    /** The sender sends what waits together, up to this much data. */
    private static final int BATCH_BYTES = 256 << 10;

    private static final Runnable STOP = () -> {};

    private final Link link;
    private final PduWriter writer;
    private final SessionParameters parameters;
    private final ReentrantLock sending = new ReentrantLock();
    private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final Thread thread = new SessionThread(this::run, "iscsi-initiator-sender");
    /** Commands in the writer that the sender has not flushed yet; only the sender uses it. */
    private final List<Attempt> batch = new ArrayList<>();

    private int batchBytes;
    /** Completions left headers in the writer; only the reader uses it. */
    private boolean headersQueued;

    private volatile int segmentBytes;
    private int cmdSn;
    private boolean ended;

    /**
     * @param cmdSn of the first command
     */
    Outbox(Link link, PduWriter writer, SessionParameters parameters, int cmdSn) {
        this.link = link;
        this.writer = writer;
        this.parameters = parameters;
        this.segmentBytes = parameters.sendSegmentBytes();
        this.cmdSn = cmdSn;
    }

    void start() {
        thread.start();
    }

    Thread thread() {
        return thread;
    }

    /** The longest data segment that the target takes from now on. */
    void useSegmentBytes(int bytes) {
        segmentBytes = bytes;
    }

    /** Tasks that the sender has before it. */
    int waiting() {
        return queue.size();
    }

    /** Has the sender do something; when it has ended, the caller does it. */
    void later(Runnable task) {
        synchronized (queue) {
            if (!ended) {
                queue.add(task);
                return;
            }
        }
        task.run();
    }

    /** The sender ends when it has done what waits. */
    void end() {
        later(STOP);
    }

    /** Returns when everybody who was sending at the call has done. */
    @SuppressWarnings("LockNotBeforeTry") // nothing is done under the lock
    void awaitSenders() {
        sending.lock();
        sending.unlock();
    }

    private void run() {
        try {
            Runnable next = queue.take();
            while (next != STOP) {
                next.run();
                next = queue.poll();
                if (next == null) {
                    flushBatch();
                    next = queue.take();
                }
            }
            flushBatch();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<Runnable> left = new ArrayList<>();
        synchronized (queue) {
            ended = true;
            queue.drainTo(left);
        }
        left.forEach(Runnable::run);
    }

    /** Sends a command at once. */
    void send(Exchange exchange, Attempt attempt) {
        send(attempt, () -> add(exchange, attempt));
    }

    /** Sends a request that is no command at once. */
    void send(InitiatorPdu pdu, byte[] data) {
        send(null, () -> add(pdu, ByteBuffer.wrap(data)));
    }

    /** Sends data that the target asked for at once. */
    void sendData(Exchange exchange, Attempt attempt, R2t request) {
        send(attempt, () -> {
            ByteBuffer data = exchange.dataOut();
            long end = request.bufferOffset() + request.desiredLength();
            if (data == null || end > exchange.expectedLength()) {
                throw new ProtocolViolation("target asked for data that does not exist");
            }
            addData(exchange, attempt.tag, data, (int) request.bufferOffset(), (int) end, request.targetTransferTag());
        });
    }

    /** Sends a command on the sender thread, together with others that wait. */
    void sendSoon(Exchange exchange, Attempt attempt) {
        later(() -> sendInBatch(exchange, attempt));
    }

    /**
     * Leaves a command in the writer until {@link #flushHeaders}; only the reader may. Only if no data is on its way to the target:
     * headers alone never fill its receive buffer, data might, and then the target may wait until the reader reads.
     *
     * @return false if that is not possible now
     */
    boolean queueHeader(Exchange exchange, Attempt attempt) {
        if (!sending.tryLock()) {
            return false;
        }
        try {
            if (link.hasWritesUnderWay()) {
                return false;
            }
            if (!link.isLost()) {
                add(exchange, attempt);
                headersQueued = true;
            }
            link.sent(attempt);
            return true;
        } catch (IOException e) {
            failSoon(e);
            return true;
        } finally {
            sending.unlock();
        }
    }

    /**
     * Sends what {@link #queueHeader} left. If somebody else is sending, or a write is under way by now, then its sender came after
     * those headers and sends them too.
     */
    void flushHeaders() {
        if (!headersQueued) {
            return;
        }
        headersQueued = false;
        if (!sending.tryLock()) {
            return;
        }
        try {
            if (!link.hasWritesUnderWay()) {
                writer.flush();
            }
        } catch (IOException e) {
            failSoon(e);
        } finally {
            sending.unlock();
        }
    }

    /** Something that is put into the writer. */
    @FunctionalInterface
    private interface Sending {
        void add() throws IOException;
    }

    private void send(@Nullable Attempt attempt, Sending what) {
        IOException trouble = null;
        sending.lock();
        try {
            if (!link.isLost()) {
                what.add();
                writer.flush();
            }
        } catch (IOException e) {
            trouble = e;
        } finally {
            if (attempt != null) {
                link.sent(attempt);
            }
            sending.unlock();
        }
        failIf(trouble);
    }

    private void sendInBatch(Exchange exchange, Attempt attempt) {
        if (link.isLost()) {
            // Perhaps the sender has ended and this is another thread, whose the batch is not.
            link.sent(attempt);
            return;
        }
        IOException trouble = null;
        sending.lock();
        try {
            if (!link.isLost()) {
                add(exchange, attempt);
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
        failIf(trouble);
    }

    private void flushBatch() {
        if (batch.isEmpty()) {
            return;
        }
        IOException trouble = null;
        sending.lock();
        try {
            if (!link.isLost()) {
                writer.flush();
            }
        } catch (IOException e) {
            trouble = e;
        } finally {
            List<Attempt> flushed = List.copyOf(batch);
            batch.clear();
            batchBytes = 0;
            flushed.forEach(link::sent);
            sending.unlock();
        }
        failIf(trouble);
    }

    private void failIf(@Nullable IOException trouble) {
        if (trouble != null) {
            link.fail(lossOf(trouble));
        }
    }

    /** Fails from the reader, which must not wait for other senders: the sender thread does it. */
    private void failSoon(IOException cause) {
        later(() -> link.fail(lossOf(cause)));
    }

    private static IscsiException lossOf(IOException cause) {
        return cause instanceof IscsiException known ? known : new ConnectionLost("sending failed", cause);
    }

    private void add(Exchange exchange, Attempt attempt) throws IOException {
        ByteBuffer data = exchange.dataOut();
        int length = exchange.expectedLength();
        int immediate = data != null && parameters.immediateData()
                ? Math.min(length, Math.min(parameters.firstBurstBytes(), segmentBytes))
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
            addData(exchange, attempt.tag, data, immediate, unsolicited, Header.NO_TAG);
        }
    }

    /** Data-Out PDUs for bytes {@code from} to {@code to} of a command. */
    private void addData(Exchange exchange, int tag, ByteBuffer data, int from, int to, int transferTag)
            throws IOException {
        int dataSn = 0;
        int offset = from;
        while (offset < to) {
            int part = Math.min(segmentBytes, to - offset);
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
        header.putInt(28, link.expStatSn());
        writer.add(header, data);
    }
}
