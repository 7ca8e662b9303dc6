package org.understudy.iscsi.initiator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.CommandFailed;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.TargetPdu;
import org.understudy.iscsi.pdu.TargetPdu.AsyncMessage;
import org.understudy.iscsi.pdu.TargetPdu.DataIn;
import org.understudy.iscsi.pdu.TargetPdu.LogoutResponse;
import org.understudy.iscsi.pdu.TargetPdu.NopIn;
import org.understudy.iscsi.pdu.TargetPdu.R2t;
import org.understudy.iscsi.pdu.TargetPdu.Residual;
import org.understudy.iscsi.pdu.TargetPdu.ResidualKind;
import org.understudy.iscsi.pdu.TargetPdu.ScsiResponse;
import org.understudy.iscsi.pdu.TargetPdu.TextResponse;
import org.understudy.iscsi.scsi.ScsiStatus;
import org.understudy.iscsi.scsi.Sense;

/** Takes what a target sends and completes commands. Nothing here waits for anything but the target. */
final class LinkReader implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(LinkReader.class);
    /** Asynchronous event: the target wants to negotiate parameters (RFC 7143 section 11.9.1). */
    private static final int NEGOTIATION_WANTED = 4;

    private static final int MAX_ATTENTION_RETRIES = 16;
    private static final Duration BUSY_DELAY = Duration.ofMillis(50);

    private final Link link;
    private final PduReader reader;

    LinkReader(Link link, PduReader reader) {
        this.link = link;
        this.reader = reader;
    }

    @Override
    public void run() {
        try {
            boolean more = true;
            while (more) {
                if (!reader.hasBufferedHeader()) {
                    link.flushCompletions();
                }
                Optional<Header> header = reader.next();
                if (header.isEmpty()) {
                    link.fail(new ConnectionLost("target closed the connection"));
                    return;
                }
                more = take(header.get());
            }
            link.fail(new ConnectionLost("session is closed"));
        } catch (IscsiException e) {
            link.fail(e);
        } catch (IOException e) {
            link.fail(new ConnectionLost("receiving failed: " + e.getMessage(), e));
        } catch (RuntimeException | Error e) {
            log.error("defect while receiving", e);
            link.fail(new ConnectionLost("defect while receiving", e));
        }
    }

    /** False when the session is over. */
    private boolean take(Header header) throws IOException {
        TargetPdu pdu = TargetPdu.decode(header)
                .orElseThrow(() -> new ProtocolViolation("target sent opcode " + header.opcode()));
        link.numbers(pdu.statSn() == TargetPdu.StatSn.ADVANCES, header.sequenceNumber(), header.maxCommandNumber());
        if (pdu instanceof DataIn data) {
            dataIn(data, header);
        } else if (pdu instanceof ScsiResponse response) {
            response(response, reader.readSmallData());
        } else if (pdu instanceof R2t request) {
            reader.skipData();
            link.requested(request);
        } else if (pdu instanceof NopIn ping) {
            byte[] data = reader.readSmallData();
            if (ping.targetTransferTag() != Header.NO_TAG) {
                if (!link.hasRoomForAnswer()) {
                    throw new ProtocolViolation("target sends pings and does not read the answers");
                }
                link.sendSoon(new NopOut(true, ping.lun(), Header.NO_TAG, ping.targetTransferTag()), data);
            }
        } else if (pdu instanceof TextResponse text) {
            link.text(text, reader.readSmallData());
        } else if (pdu instanceof LogoutResponse) {
            reader.skipData();
            return false;
        } else if (pdu instanceof AsyncMessage message) {
            reader.skipData();
            log.info("target announces event {}", message.event());
            if (message.event() == NEGOTIATION_WANTED) {
                var unused = link.declareSegmentBytes(InitiatorLogin.SEGMENT_BYTES);
            }
        } else {
            reader.skipData();
            throw new ProtocolViolation("target sent " + pdu);
        }
        return true;
    }

    private void dataIn(DataIn pdu, Header header) throws IOException {
        int length = header.dataLength();
        Exchange exchange = link.find(pdu.initiatorTaskTag());
        ByteBuffer target = exchange == null ? null : exchange.dataIn();
        if (exchange == null || target == null) {
            throw new ProtocolViolation("data for a command that reads nothing");
        }
        if (pdu.bufferOffset() + length > target.remaining()) {
            throw new ProtocolViolation("more data than was asked for");
        }
        ByteBuffer part = target.slice(target.position() + (int) pdu.bufferOffset(), length);
        if (!reader.readData(part)) {
            throw new ProtocolViolation("data digest is wrong");
        }
        if (pdu.hasStatus()) {
            finish(exchange, pdu.status(), null, pdu.residual());
        }
    }

    private void response(ScsiResponse response, byte[] data) throws ProtocolViolation {
        Exchange exchange = link.find(response.initiatorTaskTag());
        if (exchange == null) {
            throw new ProtocolViolation("response to a command that was not sent");
        }
        if (response.response() != 0) {
            fail(exchange, new CommandFailed(exchange.name(), ScsiStatus.CHECK_CONDITION, null));
            return;
        }
        finish(exchange, response.status(), sense(data), response.residual());
    }

    private static @Nullable Sense sense(byte[] data) {
        if (data.length < 2) {
            return null;
        }
        int length = Math.min((data[0] & 0xff) << 8 | data[1] & 0xff, data.length - 2);
        return Sense.parse(ByteBuffer.wrap(data, 2, length)).orElse(null);
    }

    private void finish(Exchange exchange, int status, @Nullable Sense sense, Residual residual)
            throws ProtocolViolation {
        if (status == ScsiStatus.GOOD) {
            int missing = residual.kind() == ResidualKind.UNDERFLOW ? residual.count() : 0;
            if (missing < 0 || missing > exchange.expectedLength()) {
                throw new ProtocolViolation(
                        "residual of " + missing + " bytes where " + exchange.expectedLength() + " were expected");
            }
            int moved = exchange.expectedLength() - missing;
            link.finished(exchange, () -> exchange.result().complete(moved));
            return;
        }
        boolean attention = sense != null && sense.key() == Sense.UNIT_ATTENTION;
        if (attention && exchange.attempts <= MAX_ATTENTION_RETRIES) {
            // The target tells what happened before the command, which it did not execute.
            log.debug("unit attention {} before {}", sense, exchange.name());
            link.retry(exchange, Duration.ZERO);
            return;
        }
        boolean busy = status == ScsiStatus.BUSY || status == ScsiStatus.TASK_SET_FULL;
        if (busy && link.mayWaitForBusy(exchange)) {
            link.retry(exchange, BUSY_DELAY);
            return;
        }
        fail(exchange, new CommandFailed(exchange.name(), status, sense));
    }

    private void fail(Exchange exchange, CommandFailed failure) {
        link.finished(exchange, () -> exchange.result().completeExceptionally(failure));
    }
}
