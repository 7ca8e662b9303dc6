package org.understudy.iscsi.fuzz;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.LockSupport;

/** A connection of the fuzzer: never blocks for long, takes apart what the target answers. */
final class FuzzChannel implements AutoCloseable {

    private static final int HEADER = 48;
    private static final long PATIENCE_NANOS = 5_000_000_000L;

    private static final long ANSWER_NANOS = 100_000_000L;

    private final SocketChannel channel;
    private final Answers answers;
    private final ByteBuffer received = ByteBuffer.allocate(2 << 20);
    private boolean headerDigest;
    private boolean dataDigest;
    private boolean open = true;

    /** Who looks at what the target answers. */
    interface Answers {
        /**
         * @param header 48 bytes
         * @param data data segment
         */
        void received(ByteBuffer header, ByteBuffer data);
    }

    FuzzChannel(InetSocketAddress address, Answers answers) throws IOException {
        this.channel = SocketChannel.open(address);
        this.answers = answers;
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /** From now on the target sends digests. */
    void expectDigests(boolean header, boolean data) {
        headerDigest = header;
        dataDigest = data;
    }

    /** False if the target has closed the connection, or does not read for five seconds. */
    boolean send(byte[] bytes) throws IOException {
        ByteBuffer source = ByteBuffer.wrap(bytes);
        long giveUp = System.nanoTime() + PATIENCE_NANOS;
        while (open && source.hasRemaining()) {
            int written = channel.write(source);
            poll();
            if (written == 0) {
                if (System.nanoTime() > giveUp) {
                    return false;
                }
                LockSupport.parkNanos(20_000);
            }
        }
        return poll();
    }

    /** Waits for what answers bring about; false if the connection ended or a moment is over. */
    boolean await(java.util.function.BooleanSupplier condition) throws IOException {
        long giveUp = System.nanoTime() + ANSWER_NANOS;
        while (!condition.getAsBoolean()) {
            if (!poll() || System.nanoTime() > giveUp) {
                return false;
            }
            LockSupport.parkNanos(20_000);
        }
        return true;
    }

    /** Takes what is there; false if the connection has ended. */
    boolean poll() throws IOException {
        int count = open ? channel.read(received) : -1;
        while (count > 0) {
            takeApart();
            count = channel.read(received);
        }
        open &= count == 0;
        return open;
    }

    private void takeApart() {
        received.flip();
        while (received.remaining() >= HEADER) {
            int start = received.position();
            int dataLength = received.getInt(start + 4) & 0xffffff;
            int tail = dataLength == 0 ? 0 : Wire.padded(dataLength) + (dataDigest ? 4 : 0);
            int headerLength = HEADER + (headerDigest ? 4 : 0);
            if (received.remaining() < headerLength + tail) {
                break;
            }
            answers.received(
                    received.slice(start, HEADER), received.slice(start + headerLength, Math.min(dataLength, tail)));
            received.position(start + headerLength + tail);
        }
        received.compact();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
