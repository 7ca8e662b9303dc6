package org.understudy.iscsi.fuzz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import org.understudy.iscsi.negotiation.Chap;
import org.understudy.iscsi.negotiation.NegotiationException;
import org.understudy.iscsi.negotiation.TextKeys;
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;

/**
 * Throws mutated PDUs and login texts at a target, one connection after the other. Each logs in rightly, wrongly or not at
 * all; then come requests that are valid but for what the mutator does to some. Requests for data are answered, or almost.
 * The same seed throws the same, as far as the answers come at the same moments.
 */
final class TargetFuzzer implements FuzzChannel.Answers {

    private static final int LOGIN_RESPONSE = 0x23;
    private static final int R2T = 0x31;
    private static final int NOP_IN = 0x20;
    private static final int PING_TAG = 0x77777777;
    private static final int PDUS_PER_PING = 20;

    private final Random random;
    private final FuzzRange range;
    private final Mutator mutator;
    private final LoginTexts texts;
    private final Queue<byte[]> owed = new ArrayDeque<>();
    private long sent;
    private long answers;
    private long connections;
    private long taken;
    private int pings;
    private int pingsAnswered;

    private byte[] lastLogin = new byte[0];
    private int loginStatus;
    private long loginAnswers;
    private int firstBurst;
    private boolean headerDigest;
    private boolean dataDigest;

    /**
     * What was thrown.
     *
     * @param pdus PDUs sent
     * @param mutated of those changed ones
     * @param answers PDUs that came back
     * @param taken PDUs that the target is known to have taken off the wire: a login answer or a ping echo came after them
     */
    record Count(long pdus, long mutated, long answers, long connections, long taken) {
        Count plus(Count other) {
            return new Count(
                    pdus + other.pdus,
                    mutated + other.mutated,
                    answers + other.answers,
                    connections + other.connections,
                    taken + other.taken);
        }
    }

    TargetFuzzer(long seed, FuzzRange range) {
        this.random = new Random(seed);
        this.range = range;
        this.mutator = new Mutator(random, 750, 8);
        this.texts = new LoginTexts(random);
    }

    Count count() {
        return new Count(sent, mutator.mutated(), answers, connections, taken);
    }

    /** One connection from its opening to its end; whatever the target does to it is fine. */
    void connection(int pdus) {
        connections++;
        firstBurst = 512;
        headerDigest = false;
        dataDigest = false;
        pings = 0;
        pingsAnswered = 0;
        loginAnswers = 0;
        owed.clear();
        try (FuzzChannel channel = new FuzzChannel(range.plain(), this)) {
            int firstCmdSn = random.nextInt(4) == 0 ? -random.nextInt(40) : 1 + random.nextInt(3);
            if (login(channel, firstCmdSn)) {
                converse(channel, new Requests(random, firstCmdSn, FuzzRange.OPEN_BLOCKS, firstBurst), pdus);
            }
        } catch (IOException e) {
            // the target cut the connection, as it may
        }
    }

    private void converse(FuzzChannel channel, Requests requests, int pdus) throws IOException {
        long confirmed = sent;
        for (int i = 1; i <= pdus; i++) {
            if (i % PDUS_PER_PING == 0 && ping(channel)) {
                taken += sent - confirmed;
                confirmed = sent;
            }
            if (!send(channel, mutator.maybe(requests.next()))) {
                return;
            }
            while (!owed.isEmpty()) {
                byte[] data = owed.remove();
                if (!send(channel, mutator.maybe(data))) {
                    return;
                }
            }
        }
        if (random.nextInt(4) == 0) {
            send(channel, new byte[random.nextInt(200)]);
        }
    }

    /** A ping whose echo shows that everything before it was taken; true if it came. */
    private boolean ping(FuzzChannel channel) throws IOException {
        int number = ++pings;
        return send(channel, Wire.request(new NopOut(true, 0, PING_TAG, -1), 1, new byte[0]))
                && channel.await(() -> pingsAnswered >= number);
    }

    /** Logs in, or tries; true if it makes sense to go on. */
    private boolean login(FuzzChannel channel, int cmdSn) throws IOException {
        long isid = random.nextInt(1 << 20);
        int kind = random.nextInt(20);
        if (kind < 12) {
            return send(channel, LoginTexts.identity(isid, cmdSn, FuzzRange.OPEN, "None"))
                    && operational(channel, isid, cmdSn, 1);
        }
        if (kind < 14) {
            return chap(channel, isid, cmdSn, FuzzRange.KNOWN, FuzzRange.KNOWN_SECRET.secret())
                    && operational(channel, isid, cmdSn, loginAnswers);
        }
        if (kind < 15) {
            // With the wrong secret, and on as if it had been the right one
            chap(channel, isid, cmdSn, FuzzRange.LOCKED, "wrong-secret-0000");
            return operational(channel, isid, cmdSn, 0);
        }
        if (kind < 16) {
            String target = random.nextBoolean() ? FuzzRange.LISTED : FuzzRange.CERTIFIED;
            return send(channel, mutator.maybe(LoginTexts.identity(isid, cmdSn, target, "None,CHAP")))
                    && operational(channel, isid, cmdSn, 0);
        }
        for (int i = random.nextInt(8); i >= 0; i--) {
            if (!send(channel, mutator.maybe(texts.request()))) {
                return false;
            }
        }
        return random.nextInt(3) == 0;
    }

    /**
     * The operational stage.
     *
     * @param before responses that came, or must come, before its own
     */
    private boolean operational(FuzzChannel channel, long isid, int cmdSn, long before) throws IOException {
        boolean wantHeader = random.nextInt(4) == 0;
        boolean wantData = random.nextInt(4) == 0;
        int burst = random.nextInt(5);
        firstBurst = 512 << burst;
        byte[] request = LoginTexts.operational(
                isid,
                cmdSn,
                "InitialR2T=" + (random.nextBoolean() ? "Yes" : "No"),
                "ImmediateData=Yes",
                "MaxRecvDataSegmentLength=" + (512 << random.nextInt(8)),
                "MaxBurstLength=" + (512 << burst + random.nextInt(5)),
                "FirstBurstLength=" + firstBurst,
                "MaxOutstandingR2T=" + (1 + random.nextInt(4)),
                "HeaderDigest=" + (wantHeader ? "CRC32C" : "None"),
                "DataDigest=" + (wantData ? "CRC32C" : "None"));
        if (random.nextInt(6) == 0) {
            return send(channel, mutator.mutate(request));
        }
        if (!send(channel, request)) {
            return false;
        }
        if (before > 0 && channel.await(() -> loginAnswers > before) && loginStatus == 0) {
            headerDigest = wantHeader;
            dataDigest = wantData;
            channel.expectDigests(wantHeader, wantData);
        }
        return true;
    }

    /** A CHAP exchange; true if the target accepted it. */
    private boolean chap(FuzzChannel channel, long isid, int cmdSn, String target, String secret) throws IOException {
        if (!send(channel, LoginTexts.identity(isid, cmdSn, target, "CHAP,None"))
                || !send(channel, LoginTexts.security(isid, cmdSn, false, "CHAP_A=" + (random.nextBoolean() ? 5 : 7)))
                || !channel.await(() -> loginAnswers >= 2)) {
            return false;
        }
        String[] proof = proof(secret);
        byte[] request = LoginTexts.security(isid, cmdSn, true, proof);
        if (random.nextInt(4) == 0) {
            request = mutator.mutate(request);
        }
        return send(channel, request) && channel.await(() -> loginAnswers >= 3) && loginStatus == 0;
    }

    private String[] proof(String secret) {
        try {
            TextKeys asked = TextKeys.parse(lastLogin);
            Chap.Algorithm algorithm =
                    Chap.Algorithm.choose(asked.find("CHAP_A").orElse("")).orElse(Chap.Algorithm.MD5);
            String question = asked.find("CHAP_C").orElse("0x00");
            int identifier = (int) TextKeys.number(asked.find("CHAP_I").orElse("0"), 0, 255);
            byte[] response = Chap.response(algorithm, new Chap.Challenge(identifier, Chap.decode(question)), secret);
            String name = "CHAP_N=" + FuzzRange.USER;
            String answer = "CHAP_R=" + Chap.encode(response);
            return switch (random.nextInt(4)) {
                // The target's own question back: it must not answer for us.
                case 0 -> new String[] {name, answer, "CHAP_I=" + identifier, "CHAP_C=" + question};
                case 1 -> new String[] {name, answer, "CHAP_I=1", "CHAP_C=0x" + "5a".repeat(16)};
                default -> new String[] {name, answer};
            };
        } catch (NegotiationException e) {
            return new String[] {"CHAP_N=" + FuzzRange.USER, "CHAP_R=0x00"};
        }
    }

    private boolean send(FuzzChannel channel, byte[] pdu) throws IOException {
        sent++;
        boolean wrongDigest = (headerDigest || dataDigest) && random.nextInt(300) == 0;
        return channel.send(wrongDigest ? pdu : Wire.withDigests(pdu, headerDigest, dataDigest));
    }

    @Override
    public void received(ByteBuffer header, ByteBuffer data) {
        answers++;
        switch (header.get(0) & 0x3f) {
            case LOGIN_RESPONSE -> {
                lastLogin = new byte[data.remaining()];
                data.get(0, lastLogin);
                loginStatus = header.get(36);
                loginAnswers++;
                taken++;
            }
            case R2T -> dataFor(header);
            case NOP_IN -> pingsAnswered += header.getInt(16) == PING_TAG ? 1 : 0;
            default -> {
                // nothing to be done about it
            }
        }
    }

    /** The data that an R2T asks for, in segments; sometimes not all of it. */
    private void dataFor(ByteBuffer r2t) {
        int wanted = r2t.getInt(44);
        int offset = r2t.getInt(40);
        int dataSn = 0;
        int segment = 512 << random.nextInt(8);
        int last = random.nextInt(16) == 0 ? wanted / 2 : wanted;
        for (int at = 0; at < last && dataSn < 8; at += segment) {
            int part = Math.min(segment, wanted - at);
            DataOut pdu = new DataOut(
                    at + part == wanted, r2t.getLong(8), r2t.getInt(16), r2t.getInt(20), dataSn++, offset + at);
            owed.add(Wire.request(
                    pdu, 0, "fuzz".repeat(part / 4 + 1).substring(0, part).getBytes(StandardCharsets.US_ASCII)));
        }
    }
}
