package org.understudy.iscsi.target;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu;
import org.understudy.iscsi.pdu.InitiatorPdu.LoginRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.PduWriter;
import org.understudy.iscsi.pdu.PlainTransport;
import org.understudy.iscsi.pdu.TargetPdu;

/** An initiator that sends exactly what a test tells it to, right or wrong. */
final class RawPeer implements AutoCloseable {

    static final String NAME = "iqn.2026-11.org.understudy:raw";

    private final PlainTransport transport;
    private final PduReader reader;
    private final PduWriter writer;
    int cmdSn = 1;
    int expStatSn;
    int maxCmdSn;

    /** A PDU that came, with its data. */
    record Received(TargetPdu pdu, byte[] data) {}

    RawPeer(InetSocketAddress address) throws IOException {
        this.transport = new PlainTransport(SocketChannel.open(address));
        this.reader = new PduReader(transport, 1 << 24);
        this.writer = new PduWriter(transport);
    }

    /** A peer that has logged in with these operational keys. */
    static RawPeer loggedIn(IscsiTargetServer server, String target, String... keys) throws IOException {
        return loggedIn(
                new InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), server.plainPort()), target, keys);
    }

    static RawPeer loggedIn(InetSocketAddress address, String target, String... keys) throws IOException {
        return loggedInAs(NAME, address, target, keys);
    }

    static RawPeer loggedInAs(String name, InetSocketAddress address, String target, String... keys)
            throws IOException {
        RawPeer peer = new RawPeer(address);
        List<String> text = new ArrayList<>(
                List.of("InitiatorName=" + name, "SessionType=Normal", "TargetName=" + target, "AuthMethod=None"));
        peer.login(0, 1, 1, text);
        peer.login(1, 3, 1, List.of(keys));
        return peer;
    }

    Received login(int stage, int next, long isid, List<String> keys) throws IOException {
        LoginRequest request = new LoginRequest(true, false, stage, next, 0, 0, isid, 0, 0, 0);
        send(request, text(keys));
        return receive();
    }

    static byte[] text(List<String> keys) {
        StringBuilder text = new StringBuilder();
        keys.forEach(key -> text.append(key).append('\0'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    void send(InitiatorPdu pdu, byte @Nullable [] data) throws IOException {
        sendNumbered(pdu, cmdSn, data);
        if (!pdu.unnumbered() && !pdu.immediate()) {
            cmdSn++;
        }
    }

    void sendNumbered(InitiatorPdu pdu, int number, byte @Nullable [] data) throws IOException {
        ByteBuffer header = writer.nextHeader();
        pdu.encode(header);
        if (!pdu.unnumbered()) {
            header.putInt(24, number);
        }
        header.putInt(28, expStatSn);
        writer.add(header, data == null ? null : ByteBuffer.wrap(data));
        writer.flush();
    }

    void sendBytes(byte[] bytes) throws IOException {
        transport.write(new ByteBuffer[] {ByteBuffer.wrap(bytes)}, 1);
    }

    /** A command that neither reads nor writes. */
    static ScsiCommand command(int tag, int opcode) {
        return command(tag, 1, opcode);
    }

    static ScsiCommand command(int tag, int attribute, int opcode) {
        byte[] cdb = new byte[16];
        cdb[0] = (byte) opcode;
        return new ScsiCommand(false, true, false, false, attribute, 0, tag, 0, cdb);
    }

    static ScsiCommand read10(int tag, int lba, int blocks, long expected) {
        return new ScsiCommand(false, true, true, false, 1, 0, tag, expected, cdb10(0x28, lba, blocks));
    }

    static ScsiCommand write10(int tag, boolean isFinal, int lba, int blocks, long expected) {
        return new ScsiCommand(false, isFinal, false, true, 1, 0, tag, expected, cdb10(0x2a, lba, blocks));
    }

    static byte[] cdb10(int opcode, int lba, int blocks) {
        return ByteBuffer.allocate(16)
                .put(0, (byte) opcode)
                .putInt(2, lba)
                .putShort(7, (short) blocks)
                .array();
    }

    Received receive() throws IOException {
        Header header = reader.next().orElseThrow(() -> new java.io.EOFException("target closed the connection"));
        TargetPdu pdu = TargetPdu.decode(header).orElseThrow();
        if (pdu.statSn() == TargetPdu.StatSn.ADVANCES) {
            expStatSn = header.sequenceNumber() + 1;
        }
        maxCmdSn = header.maxCommandNumber();
        return new Received(pdu, reader.readSmallData());
    }

    <T extends TargetPdu> T receive(Class<T> type) throws IOException {
        return type.cast(receive().pdu());
    }

    /** Takes the unit attention that every new nexus gets. */
    RawPeer settle() throws IOException {
        send(command(0x7f000001, 0x00), null);
        receive();
        return this;
    }

    /** True if the target closed the connection, however it did. */
    boolean isClosedByTarget() {
        try {
            while (reader.next().isPresent()) {
                reader.skipData();
            }
            return true;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() {
        transport.close();
    }
}
