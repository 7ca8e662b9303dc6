package org.understudy.iscsi.target;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Random;
import org.understudy.iscsi.pdu.InitiatorPdu;
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.LoginRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.LogoutRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.InitiatorPdu.SnackRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.TextRequest;

/**
 * Throws mutated PDUs and login texts at a target. Each connection logs in rightly, wrongly or not at all, then sends requests
 * that are valid but for random changes of bits, lengths, numbers and order. The same seed throws the same.
 */
final class ProtocolFuzzer {

    private static final String[] KEYS = {
        "InitiatorName=iqn.2026-11.org.understudy:fuzz",
        "TargetName=" + org.understudy.iscsi.TestTargets.IQN,
        "SessionType=Normal",
        "SessionType=Discovery",
        "AuthMethod=None",
        "AuthMethod=CHAP,None",
        "AuthMethod=CHAP",
        "CHAP_A=5",
        "CHAP_A=7,5,99",
        "CHAP_N=agent",
        "CHAP_R=0x00112233445566778899aabbccddeeff",
        "CHAP_R=0b////",
        "CHAP_I=1",
        "CHAP_C=0xff",
        "HeaderDigest=CRC32C,None",
        "DataDigest=None,CRC32C",
        "MaxRecvDataSegmentLength=512",
        "MaxRecvDataSegmentLength=16777215",
        "MaxBurstLength=512",
        "MaxBurstLength=16777215",
        "FirstBurstLength=16777215",
        "InitialR2T=No",
        "InitialR2T=Yes",
        "ImmediateData=Yes",
        "ImmediateData=Perhaps",
        "MaxOutstandingR2T=65535",
        "MaxConnections=0",
        "ErrorRecoveryLevel=2",
        "IFMarkInt=2048~65536",
        "X-org.example=1",
        "SendTargets=All",
        "=",
        "novalue",
        "DefaultTime2Wait=999999999999999999999"
    };

    private final Random random;
    private final InetSocketAddress address;
    private final ByteBuffer sink = ByteBuffer.allocate(64 << 10);
    private long sent;

    ProtocolFuzzer(long seed, InetSocketAddress address) {
        this.random = new Random(seed);
        this.address = address;
    }

    /** PDUs sent so far. */
    long sent() {
        return sent;
    }

    /** One connection from its opening to its end; whatever the target does to it is fine. */
    void connection(int pdus) {
        try (SocketChannel channel = SocketChannel.open(address)) {
            channel.configureBlocking(false);
            login(channel);
            for (int i = 0; i < pdus; i++) {
                if (!send(channel, mutated(request()))) {
                    return;
                }
            }
            if (random.nextBoolean()) {
                send(channel, new byte[random.nextInt(200)]);
            }
        } catch (IOException e) {
            // the target cut the connection, as it may
        }
    }

    private void login(SocketChannel channel) throws IOException {
        int kind = random.nextInt(10);
        if (kind < 6) {
            String names = KEYS[0] + "\0" + KEYS[1] + "\0";
            send(
                    channel,
                    pdu(
                            new LoginRequest(true, false, 0, 1, 0, 0, random.nextInt(4), 0, 0, 0),
                            1,
                            names.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            String keys = "InitialR2T=No\0ImmediateData=Yes\0" + KEYS[14 + random.nextInt(13)] + "\0";
            long isid = random.nextInt(4);
            send(
                    channel,
                    pdu(
                            new LoginRequest(true, false, 1, 3, 0, 0, isid, 0, 0, 0),
                            1,
                            keys.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        } else if (kind < 9) {
            for (int i = random.nextInt(6); i >= 0; i--) {
                send(channel, mutated(loginRequest()));
            }
        }
    }

    private byte[] loginRequest() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i >= 0; i--) {
            text.append(KEYS[random.nextInt(KEYS.length)]).append(random.nextInt(20) == 0 ? "" : "\0");
        }
        LoginRequest request = new LoginRequest(
                random.nextBoolean(),
                random.nextInt(10) == 0,
                random.nextInt(2),
                random.nextInt(4),
                0,
                random.nextInt(20) == 0 ? 1 : 0,
                random.nextInt(3),
                random.nextInt(20) == 0 ? 5 : 0,
                0,
                0);
        return pdu(request, 1, text.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private byte[] request() {
        int tag = random.nextInt(16);
        long lun = random.nextInt(10) == 0 ? random.nextLong() : 0;
        boolean immediate = random.nextInt(4) == 0;
        byte[] data = new byte[random.nextInt(4) == 0 ? random.nextInt(5000) : 0];
        InitiatorPdu pdu =
                switch (random.nextInt(12)) {
                    case 0 -> new NopOut(immediate, lun, tag, random.nextBoolean() ? -1 : 1);
                    case 1 ->
                        new TaskManagementRequest(
                                immediate, random.nextInt(10), lun, tag, random.nextInt(16), random.nextInt(40));
                    case 2 -> new TextRequest(immediate, random.nextBoolean(), random.nextBoolean(), lun, tag, -1);
                    case 3, 4, 5 ->
                        new DataOut(
                                random.nextBoolean(),
                                lun,
                                tag,
                                random.nextBoolean() ? -1 : random.nextInt(4),
                                random.nextInt(3),
                                random.nextInt(4) * 512L);
                    case 6 ->
                        random.nextInt(20) == 0
                                ? new LogoutRequest(immediate, random.nextInt(3), tag, 0)
                                : new SnackRequest(random.nextInt(4), tag);
                    default -> command(tag, lun, immediate);
                };
        return pdu(pdu, random.nextInt(8) == 0 ? random.nextInt() : nextCmdSn(pdu), data);
    }

    private int cmdSn = 1;

    private int nextCmdSn(InitiatorPdu pdu) {
        return pdu.immediate() || pdu.unnumbered() ? cmdSn : cmdSn++;
    }

    private ScsiCommand command(int tag, long lun, boolean immediate) {
        byte[] opcodes = {
            0x00,
            0x03,
            0x08,
            0x0a,
            0x12,
            0x15,
            0x16,
            0x17,
            0x1a,
            0x1b,
            0x25,
            0x28,
            0x2a,
            0x2e,
            0x2f,
            0x34,
            0x35,
            0x37,
            0x41,
            0x42,
            0x55,
            0x5a,
            0x5e,
            0x5f,
            (byte) 0x88,
            (byte) 0x89,
            (byte) 0x8a,
            (byte) 0x8b,
            (byte) 0x8e,
            (byte) 0x8f,
            (byte) 0x91,
            (byte) 0x93,
            (byte) 0x9e,
            (byte) 0xa0,
            (byte) 0xa3,
            (byte) 0xa8,
            (byte) 0xaa
        };
        byte[] cdb = new byte[16];
        if (random.nextInt(4) == 0) {
            random.nextBytes(cdb);
        }
        cdb[0] = opcodes[random.nextInt(opcodes.length)];
        cdb[random.nextInt(16)] = (byte) random.nextInt();
        long expected = random.nextInt(8) == 0 ? random.nextInt() & 0xffffffffL : random.nextInt(9) * 512L;
        return new ScsiCommand(
                immediate,
                random.nextInt(4) != 0,
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextInt(8),
                lun,
                tag,
                expected,
                cdb);
    }

    private static byte[] pdu(InitiatorPdu pdu, int cmdSn, byte[] data) {
        ByteBuffer bytes = ByteBuffer.allocate(48 + (data.length + 3 & ~3));
        pdu.encode(bytes.slice(0, 48));
        bytes.putInt(4, data.length);
        if (!pdu.unnumbered()) {
            bytes.putInt(24, cmdSn);
        }
        bytes.put(48, data);
        return bytes.array();
    }

    private byte[] mutated(byte[] pdu) {
        if (random.nextInt(3) != 0) {
            return pdu;
        }
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(random.nextBoolean() ? pdu.length : 48);
            pdu[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (pdu[at] ^ 1 << random.nextInt(8));
        }
        if (random.nextInt(10) == 0) {
            return java.util.Arrays.copyOf(pdu, random.nextInt(pdu.length + 64));
        }
        return pdu;
    }

    /** False if the target has closed the connection. */
    private boolean send(SocketChannel channel, byte[] bytes) throws IOException {
        sent++;
        ByteBuffer source = ByteBuffer.wrap(bytes);
        long giveUp = System.nanoTime() + 5_000_000_000L;
        while (source.hasRemaining()) {
            int written = channel.write(source);
            if (!drain(channel)) {
                return false;
            }
            if (written == 0) {
                if (System.nanoTime() > giveUp) {
                    return false;
                }
                Thread.onSpinWait();
            }
        }
        return drain(channel);
    }

    private boolean drain(SocketChannel channel) throws IOException {
        int count;
        do {
            sink.clear();
            count = channel.read(sink);
        } while (count > 0);
        return count == 0;
    }
}
