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
import org.understudy.iscsi.pdu.Transport;

/**
 * What goes out on a link, in order, by whoever has it: a caller sends his own command; the reader collects what completions send,
 * as long as the system takes it without waiting for the target, and sends it when it has nothing else to do; the sender thread
 * sends all else, so that the reader never waits for a target that waits for it to read. Thread-safe. The lock is held while bytes
 * move, which may take long; whoever needs the link's lock too takes this one first.
 */
final class Outbox {

    private static final int SIMPLE = 1;
    /** What waits is sent together, up to this much data. */
    private static final int BATCH_BYTES = Integer.getInteger("x.batch", 256 << 10);

    private static final Runnable STOP = () -> {};

    private final Link link;
    private final Transport transport;
    private final PduWriter writer;
    private final SessionParameters parameters;
    private final ReentrantLock sending = new ReentrantLock();
    private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final Thread thread = new SessionThread(this::run, "iscsi-initiator-sender");
    /** Commands that were not flushed yet. Changes with the lock. */
    private final List<Attempt> unflushed = new ArrayList<>();

    private long unflushedBytes;
    /** The reader left commands in the writer; only the reader uses it. */
    private boolean leftByReader;
    /** What the socket takes and gives while nobody reads; only the reader uses it. */
    private int sendRoom;

    private int receiveRoom;

    private volatile int segmentBytes;
    private int cmdSn;
    private boolean ended;

    /**
     * @param cmdSn of the first command
     */
    Outbox(Link link, Transport transport, PduWriter writer, SessionParameters parameters, int cmdSn) {
        this.link = link;
        this.transport = transport;
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
                    flushLeft();
                    next = queue.take();
                }
            }
            flushLeft();
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
        send(attempt, () -> {
            collect(exchange, attempt);
            writer.flush();
        });
    }

    /** Sends a request that is no command at once. */
    void send(InitiatorPdu pdu, byte[] data) {
        send(null, () -> {
            add(pdu, ByteBuffer.wrap(data));
            writer.flush();
        });
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
            writer.flush();
        });
    }

    /** Sends a command on the sender thread, together with others that wait. */
    void sendSoon(Exchange exchange, Attempt attempt) {
        later(() -> send(attempt, () -> {
            collect(exchange, attempt);
            if (unflushedBytes >= BATCH_BYTES) {
                writer.flush();
            }
        }));
    }

    private void flushLeft() {
        send(null, writer::flush);
    }

    /**
     * Collects a command until {@link #sendCollected}; only the reader may. Not if the system may make it wait for the target: a
     * target whose own answers are stuck, because the reader reads no more, may stop reading too.
     *
     * @return false if that is not possible now
     */
    boolean collectFromReader(Exchange exchange, Attempt attempt) {
        if (!sending.tryLock()) {
            return false;
        }
        try {
            if (!leftByReader) {
                sendRoom = transport.sendRoom();
                receiveRoom = transport.receiveRoom();
            }
            if (!link.readerMaySend(sendRoom, receiveRoom)) {
                return false;
            }
            leftByReader = true;
            unflushed.add(attempt);
            if (!link.isLost()) {
                collect(exchange, attempt);
            }
            if (unflushedBytes >= BATCH_BYTES) {
                // Not more at a time: the watch sees progress between two system calls.
                sendCollected();
            }
            return true;
        } catch (IOException e) {
            failSoon(e);
            return true;
        } finally {
            sending.unlock();
        }
    }

    /**
     * Sends what {@link #collectFromReader} collected. If somebody else is sending, or more data is under way by now than the system
     * takes, then its sender came after those commands and sends them too.
     */
    void sendCollected() {
        if (!leftByReader) {
            return;
        }
        leftByReader = false;
        if (!sending.tryLock()) {
            return;
        }
        List<Attempt> sent = List.of();
        try {
            if (!link.isLost() && link.readerMaySend(sendRoom, receiveRoom)) {
                sent = takeUnflushed();
                writer.flush();
            }
        } catch (IOException e) {
            failSoon(e);
        } finally {
            sending.unlock();
        }
        sent.forEach(link::sent);
    }

    /** Something that is put into the writer. */
    @FunctionalInterface
    private interface Sending {
        void run() throws IOException;
    }

    /**
     * Does something with the lock, unless the link is lost: then the buffers of its commands belong to others. What fails ends the
     * link. Not on the reader.
     *
     * @param attempt that counts as sent afterwards
     */
    private void send(@Nullable Attempt attempt, Sending what) {
        IOException trouble = null;
        List<Attempt> sent = List.of();
        sending.lock();
        try {
            if (attempt != null) {
                unflushed.add(attempt);
            }
            if (!link.isLost()) {
                what.run();
            }
        } catch (IOException e) {
            trouble = e;
        } finally {
            if (trouble != null || link.isLost() || writer.isEmpty()) {
                sent = takeUnflushed();
            }
            sending.unlock();
        }
        sent.forEach(link::sent);
        if (trouble != null) {
            link.fail(lossOf(trouble));
        }
    }

    private void collect(Exchange exchange, Attempt attempt) throws IOException {
        unflushedBytes += exchange.dataOut() == null ? 0 : exchange.expectedLength();
        add(exchange, attempt);
    }

    private List<Attempt> takeUnflushed() {
        List<Attempt> taken = List.copyOf(unflushed);
        unflushed.clear();
        unflushedBytes = 0;
        return taken;
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
