package org.understudy.iscsi.target;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu;
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.LogoutRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.TextRequest;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.TargetPdu.LogoutResponse;
import org.understudy.iscsi.pdu.TargetPdu.NopIn;
import org.understudy.iscsi.pdu.TargetPdu.Reject;

/** The reader's loop after login: takes PDUs in order until logout or the end of the connection. */
final class FullFeaturePhase {

    private static final int REASON_RECOVERY = 2;
    private static final int RECOVERY_NOT_SUPPORTED = 2;
    /** Answers that a peer which does not read may pile up, on top of those for its commands. */
    private static final int MAX_IDLE_ANSWERS = 256;

    private final Connection connection;
    private final PduReader reader;
    private final CommandWindow window;
    private final Outbound outbound;
    private final TextNegotiation text;
    private final @Nullable Session session;
    private final @Nullable CommandDispatch dispatch;
    private final @Nullable TaskManagement management;

    /**
     * @param session null in a discovery session
     */
    FullFeaturePhase(
            Connection connection,
            PduReader reader,
            CommandWindow window,
            TextNegotiation text,
            @Nullable Session session) {
        this.connection = connection;
        this.reader = reader;
        this.window = window;
        this.outbound = connection.outbound();
        this.text = text;
        this.session = session;
        this.dispatch = session == null ? null : new CommandDispatch(session, reader);
        this.management = session == null ? null : new TaskManagement(session);
    }

    /** Returns after a logout or when the peer closed the connection between two PDUs. */
    void run() throws IOException {
        while (true) {
            if (!reader.hasBufferedHeader()) {
                outbound.drain();
            }
            if (outbound.size() > 2 * window.size() + MAX_IDLE_ANSWERS) {
                // The peer asks and does not read: it waits until its answers are gone.
                outbound.flush();
            }
            Optional<Header> next = reader.next();
            if (next.isEmpty()) {
                return;
            }
            Header header = next.get();
            Optional<InitiatorPdu> pdu = InitiatorPdu.decode(header);
            if (pdu.isEmpty()) {
                reader.skipData();
                outbound.enqueue(Outgoing.of(new Reject(Reject.COMMAND_NOT_SUPPORTED), header.toArray()));
            } else if (!inOrder(header)) {
                reader.skipData();
            } else if (pdu.get() instanceof LogoutRequest logout) {
                reader.skipData();
                if (logout(logout)) {
                    return;
                }
            } else {
                take(pdu.get(), header);
            }
        }
    }

    private boolean inOrder(Header header) throws ProtocolViolation {
        if (!header.carriesCommandNumber() || header.immediate()) {
            return true;
        }
        return switch (window.offer(header.sequenceNumber())) {
            case TAKE -> true;
            case IGNORE -> false;
            case GAP -> throw new ProtocolViolation("a command is missing");
        };
    }

    private void take(InitiatorPdu pdu, Header header) throws IOException {
        if (pdu instanceof ScsiCommand command && dispatch != null) {
            dispatch.command(command, header);
        } else if (pdu instanceof DataOut data && dispatch != null) {
            dispatch.dataOut(data, header);
        } else if (pdu instanceof NopOut ping) {
            ping(ping, header);
        } else if (pdu instanceof TaskManagementRequest request && management != null) {
            reader.skipData();
            management.request(request, () -> answered(request));
        } else if (pdu instanceof TextRequest request) {
            text.request(request, reader.readSmallData());
            answered(request);
        } else {
            reader.skipData();
            answered(pdu);
            outbound.enqueue(Outgoing.of(new Reject(Reject.PROTOCOL_ERROR), header.toArray()));
        }
    }

    private void answered(InitiatorPdu pdu) {
        if (!pdu.immediate() && !pdu.unnumbered()) {
            window.finished();
        }
    }

    private void ping(NopOut ping, Header header) throws IOException {
        connection.pingAnswered();
        answered(ping);
        if (ping.initiatorTaskTag() == Header.NO_TAG) {
            reader.skipData();
            return;
        }
        NopIn answer = new NopIn(ping.lun(), ping.initiatorTaskTag(), Header.NO_TAG);
        int length = header.dataLength();
        if (length == 0) {
            outbound.enqueue(Outgoing.of(answer));
            return;
        }
        if (!connection.inboundBudget().hasRoomFor(length)) {
            // The buffers may be those of answers that wait to be sent, and nobody else would send them.
            outbound.flush();
        }
        DataBuffer buffer = connection.inboundBudget().acquire(length);
        boolean kept = false;
        try {
            if (!reader.readData(buffer.bytes())) {
                throw new ProtocolViolation("data digest is wrong");
            }
            buffer.bytes().flip().limit(Math.min(length, text.sendSegmentBytes()));
            kept = true;
        } finally {
            if (!kept) {
                buffer.release();
            }
        }
        outbound.enqueue(new Outgoing(answer, buffer.bytes(), buffer));
    }

    private boolean logout(LogoutRequest request) {
        answered(request);
        if (request.reason() == REASON_RECOVERY) {
            outbound.send(new LogoutResponse(request.initiatorTaskTag(), RECOVERY_NOT_SUPPORTED));
            return false;
        }
        if (session != null) {
            session.tasks().close();
        }
        outbound.send(new LogoutResponse(request.initiatorTaskTag(), 0));
        outbound.flush();
        return true;
    }
}
