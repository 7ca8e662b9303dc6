package org.understudy.iscsi.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.TargetPdu.R2t;
import org.understudy.iscsi.pdu.TargetPdu.Residual;
import org.understudy.iscsi.scsi.CheckCondition;
import org.understudy.iscsi.scsi.LogicalUnit;
import org.understudy.iscsi.scsi.Outcome;
import org.understudy.iscsi.scsi.Plan;
import org.understudy.iscsi.scsi.Sense;
import org.understudy.iscsi.scsi.SenseCode;

/**
 * A command that takes data: immediate, unsolicited and asked for by R2T. Each segment goes to the unit as soon as it is
 * there, in order, so that no more than a few segments are held. Data comes on the reader thread; the unit is written on
 * workers, or by the reader where that is quick ({@link QuickWrites}). The response leaves when all data that was announced or asked for has come, so that nothing stray follows it.
 */
final class WriteTask extends Task {

    /** Data that the reader writes itself comes in parts of this size: they stay in the processor's cache on their way. */
    private static final int PART_BYTES = 128 << 10;

    private static final int ANSWERED_TOGETHER_BYTES = 192 << 10;
    private static final int ANSWERS_TOGETHER = 8;

    private final Plan.Sink sink;
    /** Bytes that the unit takes. */
    private final long length;

    private final Residual residual;
    private final int sequenceBytes;
    private final Queue<Piece> pieces = new ArrayDeque<>();
    private final Deque<Request> requests = new ArrayDeque<>();

    /** The one that may do quick writes itself. */
    private final Thread reader = Thread.currentThread();

    private final boolean mayBeQuick;
    private long spentNanos;
    private boolean started;
    private boolean writing;
    private boolean unsolicitedOpen;
    /** Its immediate data is on its way, however slow: the silence of the connection is watched, not the task. */
    private boolean immediateComing;

    private long received;
    private long requested;
    private int unsolicitedDataSn;
    private int r2tSn;
    private @Nullable Outcome failure;
    private long lastProgressNanos = System.nanoTime();

    /** A segment that came and was not yet written. */
    private record Piece(long position, DataBuffer buffer) {}

    /** An R2T that is open. */
    private static final class Request {
        private final int transferTag;
        private final long end;
        private int dataSn;

        Request(int transferTag, long end) {
            this.transferTag = transferTag;
            this.end = end;
        }
    }

    private WriteTask(
            Session session,
            ScsiCommand command,
            Plan.Sink sink,
            long needed,
            int blockSize,
            boolean mayBeQuick,
            @Nullable Outcome failure) {
        super(session, command);
        this.mayBeQuick = mayBeQuick;
        long expected = command.write() ? command.expectedLength() : 0;
        long usable = Math.min(needed, expected);
        this.sink = sink;
        this.length = usable - usable % blockSize;
        this.residual = Residual.between(expected, needed);
        this.failure = failure;
        this.unsolicitedOpen = !command.isFinal();
        this.sequenceBytes =
                Math.min(session.parameters().maxBurstBytes(), session.limits().maxBurstBytes());
    }

    /** Data goes to a sink. */
    static WriteTask receiving(Session session, ScsiCommand command, Plan.Receive plan, int blockSize) {
        return new WriteTask(session, command, plan.sink(), plan.length(), blockSize, true, null);
    }

    /** Data is gathered; the initiator announces exactly as much as the command needs. */
    static WriteTask collecting(Session session, ScsiCommand command, Plan.Collect plan) {
        return new WriteTask(session, command, new CollectingSink(plan), plan.length(), 1, false, null);
    }

    /** Data is announced for a command that already has its outcome: it is taken off the wire and forgotten. */
    static WriteTask refusing(Session session, ScsiCommand command, Outcome outcome) {
        return new WriteTask(session, command, new RefusingSink(), 0, 1, false, outcome);
    }

    @Override
    void start() {
        synchronized (this) {
            started = true;
        }
        proceed();
    }

    /** Immediate data will come; to be called before the task may start. */
    void expectImmediateData(int count) throws ProtocolViolation {
        long limit = Math.min(session.parameters().firstBurstBytes(), command.expectedLength());
        if (count > limit) {
            throw new ProtocolViolation("immediate data of " + count + " bytes where " + limit + " are the most");
        }
        synchronized (this) {
            unsolicitedOpen = true;
            immediateComing = true;
        }
    }

    /** Takes the immediate data of the command, which the reader is about to read. */
    void immediateData(PduReader reader, int count) throws IOException {
        take(reader, count);
        synchronized (this) {
            unsolicitedOpen = !command.isFinal();
            immediateComing = false;
            lastProgressNanos = System.nanoTime();
        }
        proceed();
    }

    /** Takes a Data-Out, whose data the reader is about to read. */
    void dataOut(DataOut pdu, PduReader reader, int count) throws IOException {
        synchronized (this) {
            lastProgressNanos = System.nanoTime();
            checkSequence(pdu, count);
        }
        take(reader, count);
        if (pdu.isFinal()) {
            synchronized (this) {
                if (pdu.targetTransferTag() == Header.NO_TAG) {
                    unsolicitedOpen = false;
                } else {
                    requests.removeFirst();
                }
            }
        }
        proceed();
    }

    private void checkSequence(DataOut pdu, int count) throws ProtocolViolation {
        long end = pdu.bufferOffset() + count;
        if (pdu.targetTransferTag() == Header.NO_TAG) {
            if (!unsolicitedOpen || end > session.parameters().firstBurstBytes()) {
                throw new ProtocolViolation("unsolicited data that was not allowed");
            }
            if (pdu.dataSn() != unsolicitedDataSn++ || pdu.bufferOffset() != received) {
                refuseSequence();
            }
            return;
        }
        Request request = requests.peekFirst();
        if (request == null || request.transferTag != pdu.targetTransferTag() || end > request.end) {
            throw new ProtocolViolation("data that was not asked for");
        }
        boolean complete = !pdu.isFinal() || end == request.end;
        if (pdu.dataSn() != request.dataSn++ || pdu.bufferOffset() != received || !complete) {
            refuseSequence();
        }
    }

    /** At error recovery level 0 a wrong order cannot be mended: the command fails once all its data is off the wire. */
    private void refuseSequence() {
        if (failure == null) {
            failure = Outcome.check(Sense.ABORTED_COMMAND, SenseCode.DATA_PHASE_ERROR);
        }
    }

    private void take(PduReader reader, int count) throws IOException {
        int left = count;
        while (left > 0) {
            // A digest covers the whole segment, and nothing is written before it was checked; records of TLS cross the
            // parts.
            boolean whole = reader.checksData() || session.isEncrypted();
            boolean inParts = !whole && isStarted() && mayBeQuick && session.writesQuickly();
            int part = inParts ? Math.min(left, PART_BYTES) : left;
            if (!takePart(reader, part, part == left)) {
                reader.skipData();
                synchronized (this) {
                    received += left - part;
                }
                return;
            }
            left -= part;
            if (left > 0) {
                proceed();
            }
        }
    }

    /** False if the data is not wanted, nor what follows in its segment. */
    private boolean takePart(PduReader reader, int count, boolean last) throws IOException {
        long position;
        int wanted;
        synchronized (this) {
            lastProgressNanos = System.nanoTime();
            position = received;
            received += count;
            wanted = failure != null || isAborted() ? 0 : (int) Math.min(count, Math.max(0, length - position));
            if (wanted > 0 && !started && !session.inboundBudget().hasRoomFor(count)) {
                // It waits behind an ordered command; waiting for room here could wait for ever.
                failure = Outcome.status(org.understudy.iscsi.scsi.ScsiStatus.TASK_SET_FULL);
                wanted = 0;
            }
        }
        if (wanted == 0) {
            return false;
        }
        DataBuffer buffer = session.inboundBudget().acquire(count);
        boolean kept = false;
        try {
            if (!last) {
                reader.readPart(buffer.bytes(), count);
            } else if (!reader.readData(buffer.bytes())) {
                throw new ProtocolViolation("data digest is wrong");
            }
            buffer.bytes().flip().limit(wanted);
            synchronized (this) {
                if (!isAborted()) {
                    pieces.add(new Piece(position, buffer));
                    kept = true;
                }
            }
        } finally {
            if (!kept) {
                buffer.release();
            }
        }
        session.traffic().written(wanted);
        return true;
    }

    private synchronized boolean isStarted() {
        return started;
    }

    /** Takes the next steps that are possible: ask for data, write data, finish. */
    void proceed() {
        boolean write;
        boolean quick;
        synchronized (this) {
            if (!started || isAborted()) {
                return;
            }
            requestMore();
            write = !writing && (!pieces.isEmpty() || complete());
            if (write) {
                writing = true;
            }
            quick = mayBeQuick && failure == null && Thread.currentThread() == reader;
        }
        if (!write) {
            return;
        }
        if (quick && session.writesQuickly()) {
            write();
            // Answers wait for one another, as long as the initiator keeps the reader busy.
            int answers = session.outbound().size();
            if (answers * length >= ANSWERED_TOGETHER_BYTES || answers >= ANSWERS_TOGETHER) {
                session.outbound().drain();
            }
        } else {
            session.executor().execute(() -> {
                write();
                session.outbound().drain();
            });
        }
    }

    private void requestMore() {
        if (unsolicitedOpen || failure != null) {
            return;
        }
        requested = Math.max(requested, received);
        while (requested < length && requests.size() < session.parameters().maxOutstandingR2t()) {
            long count = Math.min(sequenceBytes, length - requested);
            int transferTag = session.nextTransferTag();
            requests.addLast(new Request(transferTag, requested + count));
            session.outbound()
                    .enqueue(Outgoing.of(new R2t(command.lun(), tag(), transferTag, r2tSn++, requested, count)));
            requested += count;
        }
    }

    private boolean complete() {
        return !unsolicitedOpen && requests.isEmpty() && (failure != null || received >= length);
    }

    private void write() {
        if (!enter()) {
            return;
        }
        try {
            Piece piece = nextPiece();
            while (piece != null) {
                deliver(piece);
                piece = nextPiece();
            }
        } finally {
            leave();
        }
    }

    /** The next piece; or null, after which this worker is no longer at it. */
    private @Nullable Piece nextPiece() {
        boolean finish;
        synchronized (this) {
            Piece piece = pieces.poll();
            if (piece != null) {
                return piece;
            }
            finish = complete() && !isAborted();
            if (!finish) {
                writing = false;
            }
        }
        if (finish) {
            respond(finish(), r2tSn, residual);
        }
        return null;
    }

    private void deliver(Piece piece) {
        try {
            if (!hasFailed() && !isAborted()) {
                ByteBuffer bytes = piece.buffer().bytes();
                session.throttle(piece.position() == 0 ? 1 : 0, bytes.remaining());
                long begun = System.nanoTime();
                sink.accept(piece.position(), bytes);
                spentNanos += System.nanoTime() - begun;
            }
        } catch (CheckCondition e) {
            failWith(e.outcome());
        } catch (IOException e) {
            session.deviceFailed(command, e);
            failWith(LogicalUnit.failure(e, true));
        } catch (IndexOutOfBoundsException e) {
            session.deviceFailed(command, new IOException("the device has become smaller meanwhile", e));
            failWith(Outcome.check(Sense.ILLEGAL_REQUEST, SenseCode.LBA_OUT_OF_RANGE));
        } finally {
            piece.buffer().release();
        }
    }

    private Outcome finish() {
        Outcome failed = failureOrNull();
        if (failed != null) {
            return failed;
        }
        try {
            long begun = System.nanoTime();
            Outcome outcome = sink.finish();
            if (mayBeQuick) {
                session.quickWrites().took(spentNanos + System.nanoTime() - begun, length);
            }
            return outcome;
        } catch (CheckCondition e) {
            return e.outcome();
        } catch (IOException e) {
            session.deviceFailed(command, e);
            return LogicalUnit.failure(e, true);
        }
    }

    private synchronized boolean hasFailed() {
        return failure != null;
    }

    private synchronized @Nullable Outcome failureOrNull() {
        return failure;
    }

    private synchronized void failWith(Outcome outcome) {
        if (failure == null) {
            failure = outcome;
        }
    }

    /** Heap bytes that the task may come to hold. */
    long collectingBytes() {
        return sink instanceof CollectingSink ? length : 0;
    }

    /** Nanoseconds since the peer last sent data that it owes; 0 if it owes none. */
    synchronized long stalledNanos(long now) {
        return !immediateComing && (unsolicitedOpen || !requests.isEmpty()) ? now - lastProgressNanos : 0;
    }

    @Override
    void discard() {
        Queue<Piece> left;
        synchronized (this) {
            left = new ArrayDeque<>(pieces);
            pieces.clear();
        }
        left.forEach(piece -> piece.buffer().release());
    }

    /** Stands where no data is ever delivered. */
    private static final class RefusingSink implements Plan.Sink {
        @Override
        public void accept(long position, ByteBuffer data) {
            throw new IllegalStateException("data of a refused command");
        }

        @Override
        public Outcome finish() {
            throw new IllegalStateException("a refused command has its outcome");
        }
    }
}
