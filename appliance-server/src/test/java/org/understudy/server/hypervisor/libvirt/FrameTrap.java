package org.understudy.server.hypervisor.libvirt;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sees every frame on every interface of a network namespace, in both directions, and keeps those that one of the given cards
 * sent or that speak of one. Source: packet(7).
 */
final class FrameTrap implements AutoCloseable {

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final short ALL_PROTOCOLS_BIG_ENDIAN = 0x0300;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int EAGAIN = 11;

    /** Functions of the C library that Java lacks. */
    interface LibC extends Library {

        int socket(int domain, int type, int protocol) throws LastErrorException;

        int setsockopt(int fd, int level, int name, byte[] value, int length) throws LastErrorException;

        int recv(int fd, byte[] buffer, int length, int flags) throws LastErrorException;

        int sendto(int fd, byte[] buffer, int length, int flags, byte[] address, int addressLength)
                throws LastErrorException;

        int close(int fd) throws LastErrorException;
    }

    private static final LibC C = Native.load("c", LibC.class);

    private final int fd;
    private final List<byte[]> cards;
    private final Thread reader;
    private final AtomicLong seen = new AtomicLong();
    private final List<String> caught = new CopyOnWriteArrayList<>();
    private volatile boolean ending;

    FrameTrap(NetworkNamespace namespace, List<String> macs) throws Exception {
        this.cards = macs.stream().map(FrameTrap::bytes).toList();
        this.fd = namespace.run("trap", () -> C.socket(AF_PACKET, SOCK_RAW, ALL_PROTOCOLS_BIG_ENDIAN));
        C.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, little(16 << 20, 4), 4);
        // A struct timeval of 50 ms, so that the reader notices that it shall end.
        C.setsockopt(
                fd,
                SOL_SOCKET,
                SO_RCVTIMEO,
                ByteBuffer.allocate(16)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(0)
                        .putLong(50_000)
                        .array(),
                16);
        this.reader = Thread.ofPlatform().daemon().name("trap").start(this::read);
    }

    private void read() {
        byte[] buffer = new byte[65536];
        while (true) {
            try {
                int length = C.recv(fd, buffer, buffer.length, 0);
                seen.incrementAndGet();
                byte[] frame = Arrays.copyOf(buffer, length);
                if (cards.stream().anyMatch(card -> holds(frame, card))) {
                    caught.add(HexFormat.of().formatHex(frame, 0, Math.min(length, 64)));
                }
            } catch (LastErrorException e) {
                if (e.getErrorCode() != EAGAIN) {
                    throw e;
                }
                if (ending) {
                    return;
                }
            }
        }
    }

    private static boolean holds(byte[] frame, byte[] card) {
        for (int i = 0; i + card.length <= frame.length; i++) {
            if (Arrays.equals(frame, i, i + card.length, card, 0, card.length)) {
                return true;
            }
        }
        return false;
    }

    /** Frames that hold the address of a card, so far. */
    List<String> caught() {
        return List.copyOf(caught);
    }

    /** Ends only when everything that the kernel delivered has been looked at. */
    @Override
    public void close() throws InterruptedException {
        ending = true;
        reader.join();
        C.close(fd);
    }

    /** Puts a frame on an interface of a namespace as it is. */
    static void send(NetworkNamespace namespace, String device, byte[] frame) throws Exception {
        int sent = namespace.run("send", () -> {
            int index = Objects.requireNonNull(NetworkInterface.getByName(device), device)
                    .getIndex();
            int socket = C.socket(AF_PACKET, SOCK_RAW, 0);
            try {
                byte[] address = ByteBuffer.allocate(20)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putShort((short) AF_PACKET)
                        .putShort((short) 0)
                        .putInt(index)
                        .array();
                return C.sendto(socket, frame, frame.length, 0, address, address.length);
            } finally {
                C.close(socket);
            }
        });
        if (sent != frame.length) {
            throw new IllegalStateException("sent " + sent + " of " + frame.length + " bytes");
        }
    }

    static byte[] bytes(String mac) {
        return HexFormat.ofDelimiter(":").parseHex(mac);
    }

    private static byte[] little(int value, int length) {
        return ByteBuffer.allocate(length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }
}
