package org.understudy.privileges.protocol;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;

/** A frame is its length, four bytes in network order, and that many bytes. Nothing is allocated for a length out of bounds. */
public final class Frames {

    /** Longest frame in either direction. */
    public static final int MAX_BYTES = 64 << 10;

    private Frames() {}

    /** The other side sent a length that no frame has. */
    public static final class BadLengthException extends IOException {

        BadLengthException(int length) {
            super("a frame of " + Integer.toUnsignedString(length) + " bytes");
        }
    }

    /** The length of the next frame; empty if the other side closed the connection between two frames. */
    public static Optional<Integer> readLength(ReadableByteChannel channel) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Integer.BYTES);
        if (channel.read(header) < 0) {
            return Optional.empty();
        }
        fill(channel, header);
        int length = header.flip().getInt();
        if (length < 1 || length > MAX_BYTES) {
            throw new BadLengthException(length);
        }
        return Optional.of(length);
    }

    public static byte[] readBody(ReadableByteChannel channel, int length) throws IOException {
        ByteBuffer body = ByteBuffer.allocate(length);
        fill(channel, body);
        return body.array();
    }

    public static void write(WritableByteChannel channel, byte[] message) throws IOException {
        if (message.length < 1 || message.length > MAX_BYTES) {
            throw new BadLengthException(message.length);
        }
        ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + message.length)
                .putInt(message.length)
                .put(message)
                .flip();
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }

    private static void fill(ReadableByteChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the frame ends early");
            }
        }
    }
}
