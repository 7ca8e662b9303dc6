package org.understudy.iscsi.initiator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.IscsiException.LoginRefused;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.negotiation.Chap;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.negotiation.NegotiationException;
import org.understudy.iscsi.negotiation.OperationalKeys;
import org.understudy.iscsi.negotiation.SessionParameters;
import org.understudy.iscsi.negotiation.TextKeys;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu.LoginRequest;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.PduWriter;
import org.understudy.iscsi.pdu.TargetPdu;
import org.understudy.iscsi.pdu.TargetPdu.LoginResponse;

/** The initiator's part of a login (RFC 7143 chapter 6). Blocks; the caller limits the time by closing the transport. */
final class InitiatorLogin {

    /** Longest data segment that we accept, and burst that we ask for. */
    static final int SEGMENT_BYTES = 1 << 20;

    /** CHAP algorithms by preference: SHA-256, MD5. */
    static final String CHAP_ALGORITHMS = "7,5";

    static final String CHAP_MD5 = "5";

    private static final int SECURITY = 0;
    private static final int OPERATIONAL = 1;
    private static final int FULL_FEATURE = 3;
    private static final int LOGIN_SEGMENT_BYTES = 8192;
    private static final int MAX_RESPONSES = 32;
    private static final int TASK_TAG = 0;

    private final SessionConfig config;
    private final boolean discovery;
    private final long isid;
    private final String chapAlgorithms;
    private final PduReader reader;
    private final PduWriter writer;
    private final OperationalKeys operational = new OperationalKeys(SEGMENT_BYTES, SEGMENT_BYTES);

    private int expStatSn;
    private int expCmdSn = 1;
    private int maxCmdSn = 1;
    private int responses;

    /**
     * @param chapAlgorithms value of CHAP_A to offer
     */
    InitiatorLogin(
            SessionConfig config,
            boolean discovery,
            long isid,
            String chapAlgorithms,
            PduReader reader,
            PduWriter writer) {
        this.config = config;
        this.chapAlgorithms = chapAlgorithms;
        this.discovery = discovery;
        this.isid = isid;
        this.reader = reader;
        this.writer = writer;
    }

    /**
     * @param cmdSn number of the first command
     * @param maxCmdSn last number that the target accepts now
     * @param expStatSn next StatSN
     */
    record Result(SessionParameters parameters, int cmdSn, int maxCmdSn, int expStatSn) {}

    Result run() throws IOException {
        try {
            security();
            operational();
            return new Result(operational.result(), expCmdSn, maxCmdSn, expStatSn);
        } catch (NegotiationException e) {
            throw new ProtocolViolation("login: " + e.getMessage());
        }
    }

    private TextKeys identity() {
        TextKeys keys = new TextKeys()
                .put("InitiatorName", config.initiatorName())
                .put("SessionType", discovery ? "Discovery" : "Normal");
        return discovery ? keys : keys.put("TargetName", config.targetName());
    }

    private void security() throws IOException, NegotiationException {
        Optional<ChapCredentials> credentials = config.chap();
        TextKeys offer = identity().put("AuthMethod", credentials.isPresent() ? "CHAP,None" : "None");
        if (credentials.isPresent() && config.mutualChap().isPresent()) {
            // Who insists on the target's proof must not be talked out of CHAP.
            offer.put("AuthMethod", "CHAP");
        }
        TextKeys answer = exchange(SECURITY, OPERATIONAL, offer);
        String method = answer.get("AuthMethod");
        if (credentials.isPresent() && "CHAP".equals(method)) {
            chap(credentials.get());
        } else if (method != null && !method.equals("None")) {
            throw new LoginRefused(2, 1, "target wants authentication method " + method);
        } else if (config.mutualChap().isPresent()) {
            throw new LoginRefused(2, 1, "target does not prove itself");
        }
        if (!transited) {
            exchange(SECURITY, OPERATIONAL, new TextKeys());
            requireTransit("security");
        }
    }

    private void chap(ChapCredentials credentials) throws IOException, NegotiationException {
        TextKeys question = exchangeWithoutTransit(SECURITY, new TextKeys().put("CHAP_A", chapAlgorithms));
        Chap.Algorithm algorithm = Chap.Algorithm.choose(required(question, "CHAP_A"))
                .orElseThrow(() -> new NegotiationException("unknown CHAP algorithm"));
        Chap.Challenge asked = new Chap.Challenge(
                (int) TextKeys.number(required(question, "CHAP_I"), 0, 255), Chap.decode(required(question, "CHAP_C")));
        TextKeys proof = new TextKeys()
                .put("CHAP_N", credentials.user())
                .put("CHAP_R", Chap.encode(Chap.response(algorithm, asked, credentials.secret())));
        Chap.Challenge ours = null;
        if (config.mutualChap().isPresent()) {
            ours = Chap.Challenge.random(algorithm);
            proof.put("CHAP_I", ours.identifier()).put("CHAP_C", Chap.encode(ours.bytes()));
        }
        TextKeys answer = exchange(SECURITY, OPERATIONAL, proof);
        verifyTarget(algorithm, ours, answer);
    }

    private void verifyTarget(Chap.Algorithm algorithm, Chap.@Nullable Challenge ours, TextKeys answer)
            throws LoginRefused, NegotiationException {
        if (ours == null || config.mutualChap().isEmpty()) {
            return;
        }
        ChapCredentials expected = config.mutualChap().get();
        String name = answer.get("CHAP_N");
        String response = answer.get("CHAP_R");
        boolean proven = name != null
                && response != null
                && name.equals(expected.user())
                && Chap.matches(Chap.response(algorithm, ours, expected.secret()), Chap.decode(response));
        if (!proven) {
            throw new LoginRefused(2, 1, "target could not prove itself");
        }
    }

    private static String required(TextKeys keys, String key) throws NegotiationException {
        return keys.find(key).orElseThrow(() -> new NegotiationException("target did not send " + key));
    }

    private void operational() throws IOException, NegotiationException {
        TextKeys offer = discovery
                ? new TextKeys()
                        .put("HeaderDigest", "None")
                        .put("DataDigest", "None")
                        .put("MaxRecvDataSegmentLength", SEGMENT_BYTES)
                : operational.offer(config.headerDigest(), config.dataDigest());
        TextKeys results = exchange(OPERATIONAL, FULL_FEATURE, offer);
        boolean header = !discovery && config.headerDigest();
        boolean data = !discovery && config.dataDigest();
        operational.accept(results, header, data);
        while (!transited && responses < MAX_RESPONSES) {
            operational.accept(exchange(OPERATIONAL, FULL_FEATURE, new TextKeys()), header, data);
        }
        requireTransit("operational");
    }

    private void requireTransit(String stage) throws ProtocolViolation {
        if (!transited) {
            throw new ProtocolViolation("target does not leave the " + stage + " stage");
        }
    }

    private boolean transited;

    private TextKeys exchangeWithoutTransit(int stage, TextKeys keys) throws IOException, NegotiationException {
        return exchange(stage, stage, keys);
    }

    /** One request and its response; a next stage other than the current one asks for transit. */
    private TextKeys exchange(int stage, int nextStage, TextKeys keys) throws IOException, NegotiationException {
        boolean transit = nextStage != stage;
        sendText(stage, nextStage, transit, keys.encode());
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        LoginResponse response = receive(text);
        while (response.isContinued()) {
            send(stage, stage, false, false, new byte[0]);
            response = receive(text);
        }
        transited = transit && response.transit();
        return TextKeys.parse(text.toByteArray());
    }

    private void sendText(int stage, int nextStage, boolean transit, byte[] text) throws IOException {
        int offset = 0;
        while (text.length - offset > LOGIN_SEGMENT_BYTES) {
            send(stage, stage, false, true, Arrays.copyOfRange(text, offset, offset + LOGIN_SEGMENT_BYTES));
            receive(new ByteArrayOutputStream());
            offset += LOGIN_SEGMENT_BYTES;
        }
        send(stage, nextStage, transit, false, Arrays.copyOfRange(text, offset, text.length));
    }

    private void send(int stage, int nextStage, boolean transit, boolean isContinued, byte[] text) throws IOException {
        LoginRequest request =
                new LoginRequest(transit, isContinued, stage, transit ? nextStage : 0, 0, 0, isid, 0, TASK_TAG, 0);
        ByteBuffer header = writer.nextHeader();
        request.encode(header);
        header.putInt(24, expCmdSn);
        header.putInt(28, expStatSn);
        writer.add(header, ByteBuffer.wrap(text));
        writer.flush();
    }

    private LoginResponse receive(ByteArrayOutputStream text) throws IOException {
        if (++responses > MAX_RESPONSES) {
            throw new ProtocolViolation("login without end");
        }
        Header header =
                reader.next().orElseThrow(() -> new ConnectionLost("target closed the connection during login"));
        TargetPdu pdu = TargetPdu.decode(header)
                .orElseThrow(() -> new ProtocolViolation("unknown opcode " + header.opcode() + " during login"));
        text.writeBytes(reader.readSmallData());
        if (!(pdu instanceof LoginResponse response)) {
            throw new ProtocolViolation("no login response but " + pdu);
        }
        if (response.statusClass() != 0) {
            throw new LoginRefused(
                    response.statusClass(),
                    response.statusDetail(),
                    reason(response.statusClass(), response.statusDetail()));
        }
        if (text.size() > TextKeys.MAX_TEXT_BYTES) {
            throw new ProtocolViolation("login text is too long");
        }
        expStatSn = header.sequenceNumber() + 1;
        expCmdSn = header.expectedSequenceNumber();
        maxCmdSn = header.maxCommandNumber();
        return response;
    }

    private static String reason(int statusClass, int detail) {
        return switch (statusClass << 8 | detail) {
            case 0x0101, 0x0102 -> "target moved";
            case 0x0201 -> "authentication failed";
            case 0x0202 -> "this initiator may not use the target";
            case 0x0203 -> "there is no such target";
            case 0x0204 -> "target was removed";
            case 0x0205 -> "protocol version not supported";
            case 0x0206 -> "too many connections";
            case 0x0207 -> "a parameter is missing";
            case 0x0301 -> "target is not operational now";
            case 0x0302 -> "target has no resources left";
            default -> statusClass == 3 ? "fault of the target" : "initiator error";
        };
    }
}
