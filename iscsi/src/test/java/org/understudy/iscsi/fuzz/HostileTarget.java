package org.understudy.iscsi.fuzz;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.Random;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu;
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.LoginRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.LogoutRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.InitiatorPdu.TextRequest;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.PlainTransport;
import org.understudy.iscsi.pdu.TargetPdu;
import org.understudy.iscsi.pdu.TargetPdu.AsyncMessage;
import org.understudy.iscsi.pdu.TargetPdu.DataIn;
import org.understudy.iscsi.pdu.TargetPdu.LoginResponse;
import org.understudy.iscsi.pdu.TargetPdu.LogoutResponse;
import org.understudy.iscsi.pdu.TargetPdu.NopIn;
import org.understudy.iscsi.pdu.TargetPdu.R2t;
import org.understudy.iscsi.pdu.TargetPdu.Reject;
import org.understudy.iscsi.pdu.TargetPdu.Residual;
import org.understudy.iscsi.pdu.TargetPdu.ResidualKind;
import org.understudy.iscsi.pdu.TargetPdu.ScsiResponse;
import org.understudy.iscsi.pdu.TargetPdu.TextResponse;

/**
 * A target that answers plausibly, except that some of its answers are changed, some are missing, and some come that nobody
 * asked for. One connection at a time.
 */
final class HostileTarget implements AutoCloseable {

    private static final byte[] KEYS = LoginTexts.text(
            "TargetPortalGroupTag=1",
            "HeaderDigest=None",
            "DataDigest=None",
            "MaxRecvDataSegmentLength=65536",
            "MaxBurstLength=262144",
            "FirstBurstLength=65536",
            "InitialR2T=Yes",
            "ImmediateData=Yes",
            "MaxOutstandingR2T=1",
            "MaxConnections=1",
            "ErrorRecoveryLevel=0",
            "DefaultTime2Wait=0",
            "DefaultTime2Retain=0",
            "DataPDUInOrder=Yes",
            "DataSequenceInOrder=Yes");

    private final Random random;
    private final Mutator mutator;
    private final ServerSocket socket;
    private final java.nio.channels.ServerSocketChannel channel;
    private final Thread thread = new Thread(this::serve, "hostile-target");
    private volatile boolean over;
    private volatile long sent;
    private int statSn = 1;
    private int expCmdSn = 1;

    HostileTarget(long seed) throws IOException {
        this.random = new Random(seed);
        this.mutator = new Mutator(random, 60, 8);
        this.channel = java.nio.channels.ServerSocketChannel.open();
        channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        this.socket = channel.socket();
        thread.setDaemon(true);
        thread.start();
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }

    /** PDUs sent so far. */
    long sent() {
        return sent;
    }

    long mutated() {
        return mutator.mutated();
    }

    private void serve() {
        while (!over) {
            try (SocketChannel accepted = channel.accept()) {
                converse(accepted);
            } catch (IOException | IllegalArgumentException e) {
                // The initiator had enough, or what it sent cannot be answered.
            }
        }
    }

    private void converse(SocketChannel accepted) throws IOException {
        statSn = 1;
        PduReader reader = new PduReader(new PlainTransport(accepted), 1 << 24);
        OutputStream output = Channels.newOutputStream(accepted);
        Optional<Header> next = reader.next();
        while (next.isPresent()) {
            Header header = next.get();
            reader.skipData();
            Optional<InitiatorPdu> pdu = InitiatorPdu.decode(header);
            if (pdu.isPresent()) {
                if (header.carriesCommandNumber() && !header.immediate()) {
                    expCmdSn = header.sequenceNumber() + 1;
                } else if (pdu.get() instanceof LoginRequest) {
                    expCmdSn = header.sequenceNumber();
                }
                answer(pdu.get(), output);
            }
            next = reader.next();
        }
    }

    private void answer(InitiatorPdu pdu, OutputStream output) throws IOException {
        if (random.nextInt(100) == 0 && !(pdu instanceof LoginRequest)) {
            unasked(pdu.initiatorTaskTag(), output);
        }
        if (random.nextInt(400) == 0) {
            return;
        }
        int tag = pdu.initiatorTaskTag();
        if (pdu instanceof LoginRequest request) {
            byte[] keys =
                    request.currentStage() == 0 ? LoginTexts.text("TargetPortalGroupTag=1", "AuthMethod=None") : KEYS;
            send(
                    new LoginResponse(
                            request.transit(),
                            false,
                            request.currentStage(),
                            request.nextStage(),
                            0,
                            0,
                            request.isid(),
                            request.nextStage() == 3 ? 1 : 0,
                            tag,
                            0,
                            0),
                    keys,
                    output);
        } else if (pdu instanceof ScsiCommand command) {
            scsi(command, output);
        } else if (pdu instanceof NopOut) {
            send(new NopIn(0, tag, Header.NO_TAG), new byte[0], output);
        } else if (pdu instanceof TextRequest) {
            send(
                    new TextResponse(true, false, 0, tag, Header.NO_TAG),
                    LoginTexts.text("TargetName=iqn.x:y", "TargetAddress=[::1]:1,1"),
                    output);
        } else if (pdu instanceof LogoutRequest) {
            send(new LogoutResponse(tag, 0), new byte[0], output);
        } else if (pdu instanceof DataOut data && data.isFinal()) {
            send(new ScsiResponse(tag, 0, 0, 0, Residual.NONE), new byte[0], output);
        }
    }

    private void scsi(ScsiCommand command, OutputStream output) throws IOException {
        int tag = command.initiatorTaskTag();
        int length = (int) command.expectedLength();
        if (random.nextInt(40) == 0) {
            // A unit attention, busy, or any other sense
            byte[] sense = ByteBuffer.allocate(20)
                    .putShort((short) 18)
                    .put((byte) 0x70)
                    .put(4, (byte) random.nextInt(16))
                    .put(9, (byte) 10)
                    .array();
            int status = random.nextInt(4) == 0 ? 8 : 2;
            send(new ScsiResponse(tag, 0, status, 0, Residual.NONE), sense, output);
        } else if (command.read()) {
            byte[] data = data(command, length);
            int missing = length - data.length;
            Residual residual = missing == 0 ? Residual.NONE : new Residual(ResidualKind.UNDERFLOW, missing);
            int dataSn = 0;
            for (int at = 0; at < data.length; at += 65536) {
                int part = Math.min(65536, data.length - at);
                boolean last = at + part == data.length;
                byte[] segment = java.util.Arrays.copyOfRange(data, at, at + part);
                send(
                        new DataIn(last, last, 0, tag, -1, dataSn++, at, last ? residual : Residual.NONE),
                        segment,
                        output);
            }
        } else if (command.write() && length > 65536) {
            send(new R2t(command.lun(), tag, 1, 0, 65536, length - 65536L), new byte[0], output);
        } else {
            send(new ScsiResponse(tag, 0, 0, 0, Residual.NONE), new byte[0], output);
        }
    }

    private static byte[] data(ScsiCommand command, int length) {
        return switch (command.cdb()[0] & 0xff) {
            case 0x9e -> ByteBuffer.allocate(32).putLong(8191).putInt(512).array();
            case 0xa0 -> ByteBuffer.allocate(16).putInt(8).array();
            case 0x1a, 0x5a -> new byte[Math.min(length, 8)];
            case 0x12 -> new byte[Math.min(length, 96)];
            default -> new byte[length];
        };
    }

    /** Something that nobody asked for. */
    private void unasked(int tag, OutputStream output) throws IOException {
        TargetPdu pdu =
                switch (random.nextInt(7)) {
                    case 0 -> new NopIn(0, Header.NO_TAG, random.nextInt());
                    case 1 -> new R2t(0, tag, 5, 0, random.nextInt(1 << 20), random.nextInt());
                    case 2 -> new AsyncMessage(0, random.nextInt(6), (short) 1, (short) 2, (short) 3);
                    case 3 -> new Reject(random.nextInt(16));
                    case 4 ->
                        new DataIn(true, random.nextBoolean(), 0, tag, -1, 0, random.nextInt(4096), Residual.NONE);
                    case 5 ->
                        new ScsiResponse(
                                tag,
                                random.nextInt(3),
                                random.nextInt(64),
                                0,
                                new Residual(ResidualKind.UNDERFLOW, random.nextInt()));
                    default -> new TextResponse(random.nextBoolean(), false, 0, tag, 7);
                };
        send(pdu, new byte[random.nextInt(64) * random.nextInt(2)], output);
    }

    private void send(TargetPdu pdu, byte[] data, OutputStream output) throws IOException {
        sent++;
        int number = pdu.statSn() == TargetPdu.StatSn.ADVANCES ? statSn++ : statSn;
        output.write(mutator.maybe(Wire.answer(pdu, number, expCmdSn, expCmdSn + 63, data)));
    }

    @Override
    public void close() throws IOException {
        over = true;
        channel.close();
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
