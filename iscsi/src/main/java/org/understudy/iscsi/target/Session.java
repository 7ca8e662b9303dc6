package org.understudy.iscsi.target;

import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.negotiation.SessionParameters;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.TargetPdu.AsyncMessage;
import org.understudy.iscsi.scsi.LogicalUnit;
import org.understudy.iscsi.scsi.Nexus;
import org.understudy.iscsi.scsi.ScsiTarget;
import org.understudy.iscsi.target.TargetStatus.SessionStatus;

/** A normal session in full feature phase: what its commands share. Thread-safe. */
final class Session {

    private static final Logger log = LoggerFactory.getLogger(Session.class);
    private static final int SESSION_DROPPED = 3;
    private static final long FAREWELL_MILLIS = 500;
    private static final int MAX_SENSIBLE_SEGMENT_BYTES = 1 << 20;

    private final Connection connection;
    private final ExportedTarget target;
    private final Nexus nexus;
    private final SessionParameters parameters;
    private final CommandWindow window;
    private final Access access;
    private final SendLimit sendLimit;
    private final TrafficCounters traffic;
    private final Instant since;
    private final TaskSet tasks;
    private final Responder responder;
    private final AtomicInteger transferTags = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final QuickWrites quickWrites = new QuickWrites();

    Session(
            Connection connection,
            ExportedTarget target,
            Nexus nexus,
            SessionParameters parameters,
            CommandWindow window,
            Access access,
            SendLimit sendLimit) {
        this.since = connection.now();
        this.connection = connection;
        this.target = target;
        this.nexus = nexus;
        this.parameters = parameters;
        this.window = window;
        this.access = access;
        this.sendLimit = sendLimit;
        this.traffic = new TrafficCounters(target.traffic());
        this.tasks = new TaskSet(window);
        this.responder = new Responder(
                sendLimit,
                lun -> target.scsi()
                        .unit(ScsiTarget.field(lun))
                        .map(LogicalUnit::descriptorSense)
                        .orElse(false));
    }

    ExportedTarget target() {
        return target;
    }

    Nexus nexus() {
        return nexus;
    }

    SessionParameters parameters() {
        return parameters;
    }

    CommandWindow window() {
        return window;
    }

    TaskSet tasks() {
        return tasks;
    }

    Responder responder() {
        return responder;
    }

    Limits limits() {
        return connection.limits();
    }

    Outbound outbound() {
        return connection.outbound();
    }

    CommandExecutor executor() {
        return connection.executor();
    }

    BufferBudget inboundBudget() {
        return connection.inboundBudget();
    }

    BufferBudget outboundBudget() {
        return connection.outboundBudget();
    }

    /** Longest segment that we send: what the peer takes, but no more than a pooled buffer. */
    int sendSegmentBytes() {
        return Math.min(sendLimit.bytes(), Math.min(limits().maxDataSegmentBytes(), MAX_SENSIBLE_SEGMENT_BYTES));
    }

    /** A target transfer tag that is not the reserved one. */
    int nextTransferTag() {
        return transferTags.getAndIncrement() & 0x7fffffff;
    }

    Access access() {
        return access;
    }

    TrafficCounters traffic() {
        return traffic;
    }

    QuickWrites quickWrites() {
        return quickWrites;
    }

    boolean isEncrypted() {
        return connection.isTls();
    }

    /** Whether the reader may write to the device itself: that is quick, and no limit makes it wait. */
    boolean writesQuickly() {
        return quickWrites.areQuick() && target.definition().exportLimits().equals(ExportLimits.UNLIMITED);
    }

    /** Waits until the limits of the export let so much pass; called with 0 commands for later parts of one. */
    void throttle(int commands, long bytes) {
        target.throttle(commands, bytes, connection::isClosing);
    }

    void deviceFailed(ScsiCommand command, IOException cause) {
        traffic.failed();
        log.warn(
                "{} LUN {}: command 0x{} failed at the device",
                target.definition().iqn(),
                ScsiTarget.number(command.lun()),
                Integer.toHexString(command.cdb()[0] & 0xff),
                cause);
    }

    /** Ends the connection because of a failure on one of its threads. */
    void fail(IOException cause) {
        connection.fail(cause);
    }

    /** Tells the initiator that the session is about to be dropped; waits a moment for it to be on its way. */
    void announceEnd() {
        outbound().enqueue(Outgoing.of(new AsyncMessage(0, SESSION_DROPPED, (short) 0, (short) 0, (short) 0)));
        CountDownLatch sent = new CountDownLatch(1);
        executor().execute(() -> {
            outbound().flush();
            sent.countDown();
        });
        try {
            if (!sent.await(FAREWELL_MILLIS, TimeUnit.MILLISECONDS)) {
                log.debug("{} does not read the end of its session", nexus.initiatorName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends session and connection and returns when no thread works for them any more. Idempotent. */
    void end() {
        connection.endAndAwait();
    }

    /** Called once by the connection when its reader has stopped. */
    void closed() {
        if (ended.compareAndSet(false, true)) {
            tasks.close();
            target.leave(this);
        }
    }

    SessionStatus status() {
        return new SessionStatus(
                nexus.initiatorName(),
                String.valueOf(connection.remoteAddress()),
                connection.isTls(),
                since,
                traffic.snapshot(),
                tasks.size(),
                inboundBudget().usedBytes() + outboundBudget().usedBytes());
    }
}
