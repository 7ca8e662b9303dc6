package org.understudy.iscsi.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.TargetPdu.DataIn;
import org.understudy.iscsi.pdu.TargetPdu.Residual;
import org.understudy.iscsi.scsi.LogicalUnit;
import org.understudy.iscsi.scsi.Plan;
import org.understudy.iscsi.scsi.ScsiStatus;

/** A command that sends blocks: reads piece by piece, never holding more than one segment. */
final class ReadTask extends Task {

    private final Plan.Send plan;
    private final int blockSize;
    private final long length;
    private final Residual residual;

    ReadTask(Session session, ScsiCommand command, Plan.Send plan, int blockSize) {
        super(session, command);
        this.plan = plan;
        this.blockSize = blockSize;
        long expected = command.read() ? command.expectedLength() : 0;
        this.length = Math.min(plan.length(), expected);
        this.residual = Residual.between(expected, plan.length());
    }

    @Override
    void start() {
        session.executor().execute(this::run);
    }

    @Override
    void discard() {
        // buffers belong to the outbound queue
    }

    private void run() {
        if (!enter()) {
            return;
        }
        int dataSn = 0;
        try {
            session.throttle(1, length);
            if (length == 0) {
                respond(org.understudy.iscsi.scsi.Outcome.GOOD, 0, residual);
            }
            long offset = 0;
            while (offset < length && !isAborted()) {
                int segment = segmentAt(offset);
                sendSegment(offset, segment, dataSn++);
                offset += segment;
                session.outbound().drain();
            }
        } catch (DeviceFailure e) {
            session.deviceFailed(command, e.cause);
            respond(LogicalUnit.failure(e.cause, false), dataSn, residual);
        } catch (IOException e) {
            // No buffer: the connection is at its end.
            session.fail(e);
        } finally {
            leave();
        }
        session.outbound().drain();
    }

    /** Length of the segment at an offset: within the peer's limit, ours, and the burst; whole blocks if that is possible. */
    private int segmentAt(long offset) {
        long burst = session.parameters().maxBurstBytes();
        long toBurstEnd = burst - offset % burst;
        long most = Math.min(session.sendSegmentBytes(), Math.min(toBurstEnd, length - offset));
        boolean tail = most == length - offset || most == toBurstEnd;
        return (int) (tail || most < blockSize ? most : most - most % blockSize);
    }

    private void sendSegment(long offset, int segment, int dataSn) throws IOException, DeviceFailure {
        // The device reads whole blocks, even where the initiator takes less.
        int rounded = Math.min((segment + blockSize - 1) / blockSize * blockSize, (int) (plan.length() - offset));
        DataBuffer buffer = session.outboundBudget().acquire(Math.max(rounded, segment));
        ByteBuffer bytes = buffer.bytes();
        try {
            plan.source().read(plan.offset() + offset, bytes);
        } catch (IOException e) {
            buffer.release();
            throw new DeviceFailure(e);
        } catch (IndexOutOfBoundsException e) {
            buffer.release();
            throw new DeviceFailure(new IOException("the device has become smaller meanwhile", e));
        } catch (RuntimeException e) {
            buffer.release();
            throw e;
        }
        bytes.flip().limit(segment);
        boolean last = offset + segment == length;
        long burst = session.parameters().maxBurstBytes();
        boolean burstEnds = last || (offset + segment) % burst == 0;
        DataIn pdu = new DataIn(
                burstEnds,
                last,
                ScsiStatus.GOOD,
                tag(),
                Header.NO_TAG,
                dataSn,
                offset,
                last ? residual : Residual.NONE);
        Outgoing outgoing = new Outgoing(pdu, bytes, buffer);
        session.traffic().read(segment);
        if (last) {
            respondWithData(List.of(outgoing));
        } else {
            session.outbound().enqueue(outgoing);
        }
    }

    /** Tells failures of the device from those of the connection. */
    private static final class DeviceFailure extends Exception {
        private static final long serialVersionUID = 1;
        private final transient IOException cause;

        DeviceFailure(IOException cause) {
            super(cause);
            this.cause = cause;
        }
    }
}
