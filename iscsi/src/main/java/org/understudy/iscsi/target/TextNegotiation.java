package org.understudy.iscsi.target;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.negotiation.NegotiationException;
import org.understudy.iscsi.negotiation.OperationalKeys;
import org.understudy.iscsi.negotiation.TextKeys;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu.TextRequest;
import org.understudy.iscsi.pdu.TargetPdu.TextResponse;

/** Text requests in full feature phase: SendTargets (RFC 7143 appendix C), with continuation both ways. */
final class TextNegotiation {

    private final Outbound outbound;
    private final TargetDirectory directory;
    private final SendLimit sendLimit;
    private final int ourSegmentBytes;
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
    private byte[] answer = new byte[0];
    private int answered;

    /**
     * @param directory names the targets that this peer may see
     * @param sendLimit longest data segment that the peer takes; it may declare another
     * @param ourSegmentBytes longest data segment that we take
     */
    TextNegotiation(Outbound outbound, TargetDirectory directory, SendLimit sendLimit, int ourSegmentBytes) {
        this.outbound = outbound;
        this.directory = directory;
        this.sendLimit = sendLimit;
        this.ourSegmentBytes = ourSegmentBytes;
    }

    int sendSegmentBytes() {
        return sendLimit.bytes();
    }

    /** Takes one request and queues its response. */
    void request(TextRequest request, byte[] data) throws ProtocolViolation {
        if (collected.size() + data.length > TextKeys.MAX_TEXT_BYTES) {
            throw new ProtocolViolation("text is too long");
        }
        collected.writeBytes(data);
        if (request.isContinued()) {
            respond(request, new byte[0], false, false, 0);
            return;
        }
        if (answered >= answer.length || request.targetTransferTag() == Header.NO_TAG) {
            answer = answer(collected.toByteArray());
            answered = 0;
        }
        collected.reset();
        byte[] part = Arrays.copyOfRange(answer, answered, Math.min(answer.length, answered + sendLimit.bytes()));
        answered += part.length;
        boolean more = answered < answer.length;
        respond(request, part, !more, more, more ? 1 : Header.NO_TAG);
    }

    private void respond(TextRequest request, byte[] part, boolean isFinal, boolean isContinued, int transferTag) {
        outbound.enqueue(Outgoing.of(
                new TextResponse(isFinal, isContinued, request.lun(), request.initiatorTaskTag(), transferTag), part));
    }

    private byte[] answer(byte[] text) throws ProtocolViolation {
        ByteArrayOutputStream reply = new ByteArrayOutputStream();
        try {
            for (Map.Entry<String, String> pair : TextKeys.parse(text).asMap().entrySet()) {
                reply.writeBytes(answer(pair.getKey(), pair.getValue()));
            }
        } catch (NegotiationException e) {
            throw new ProtocolViolation("text request: " + e.getMessage());
        }
        return reply.toByteArray();
    }

    private byte[] answer(String key, String value) throws NegotiationException {
        return switch (key) {
            case "SendTargets" -> sendTargets(value);
            case OperationalKeys.MAX_RECV -> {
                sendLimit.declare(OperationalKeys.segmentLength(value));
                yield new TextKeys().put(key, ourSegmentBytes).encode();
            }
            case "InitiatorAlias" -> new byte[0];
            // What belongs to the login is over; what nobody knows is said to be so.
            default ->
                new TextKeys()
                        .put(key, OperationalKeys.isKnown(key) ? "Reject" : "NotUnderstood")
                        .encode();
        };
    }

    private byte[] sendTargets(String which) {
        // TargetName repeats in this answer, so the pairs are written one by one.
        ByteArrayOutputStream reply = new ByteArrayOutputStream();
        List<String> names = directory.visible(which);
        for (String name : names) {
            reply.writeBytes(new TextKeys()
                    .put("TargetName", name)
                    .put("TargetAddress", directory.portal())
                    .encode());
        }
        return reply.toByteArray();
    }

    /** What a peer may know about targets. */
    interface TargetDirectory {
        /**
         * @param which {@code All}, a target name, or empty for the target of the session
         */
        List<String> visible(String which);

        /** Address of this portal as the peer sees it, with portal group. */
        String portal();
    }
}
