package org.understudy.iscsi.pdu;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.understudy.iscsi.IscsiException.ProtocolViolation;

/**
 * Takes PDUs off a transport: header first, so that the caller can decide where the data segment goes, then the data straight
 * into the caller's buffer. Lengths are checked against the limits before a byte of data is read. Not thread-safe: one reader.
 */
public final class PduReader {

    private static final int BUFFER_BYTES = 64 << 10;
    /** From this length on a data segment goes straight to its place, and little is read ahead of it. */
    private static final int LARGE_BYTES = 16 << 10;
    /** Read ahead among large data segments: the next header, and not much that has to be copied. */
    private static final int AHEAD_BYTES = 512;

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final Transport transport;
    private final ByteBuffer buffer;
    private int maxDataLength;
    private int maxAdditionalLength;
    private Digests digests = Digests.NONE;
    private int pendingData;
    private int aheadBytes = BUFFER_BYTES;
    private volatile long bytesReceived;

    /**
     * @param maxDataLength longest data segment accepted
     */
    public PduReader(Transport transport, int maxDataLength) {
        this.transport = transport;
        this.maxDataLength = maxDataLength;
        this.buffer = transport.prefersDirectBuffers()
                ? ByteBuffer.allocateDirect(BUFFER_BYTES)
                : ByteBuffer.allocate(BUFFER_BYTES);
        buffer.flip();
    }

    /** Sets what holds after login: limits of full feature phase, and digests. */
    public void enterFullFeaturePhase(int newMaxDataLength, int newMaxAdditionalLength, Digests newDigests) {
        this.maxDataLength = newMaxDataLength;
        this.maxAdditionalLength = newMaxAdditionalLength;
        this.digests = newDigests;
    }

    /** Bytes received since the start; readable from any thread, to see progress. */
    public long bytesReceived() {
        return bytesReceived;
    }

    /** True if the next header is at hand without waiting for the peer. */
    public boolean hasBufferedHeader() {
        return buffer.remaining() >= Header.LENGTH;
    }

    /**
     * Next header, digest checked. The data segment of the previous PDU must have been read or skipped.
     *
     * @return empty if the peer closed the connection between two PDUs
     * @throws EOFException if it closed inside one
     * @throws ProtocolViolation if a length is over its limit or a digest is wrong
     */
    public Optional<Header> next() throws IOException {
        if (pendingData != 0) {
            throw new IllegalStateException("data segment of the previous PDU was not taken");
        }
        if (!buffer.hasRemaining() && !fill()) {
            return Optional.empty();
        }
        byte[] basic = new byte[Header.LENGTH];
        readFully(ByteBuffer.wrap(basic));
        ByteBuffer bytes = ByteBuffer.wrap(basic);
        // TotalAHSLength counts four-byte words (RFC 7143 section 11.2.1.5).
        int additionalLength = (basic[4] & 0xff) * 4;
        if (additionalLength > maxAdditionalLength) {
            throw new ProtocolViolation("additional header of " + additionalLength + " bytes");
        }
        int dataLength = bytes.getInt(4) & 0xffffff;
        if (dataLength > maxDataLength) {
            throw new ProtocolViolation(
                    "data segment of " + dataLength + " bytes where " + maxDataLength + " are the most");
        }
        ByteBuffer additional = additionalLength == 0 ? EMPTY : ByteBuffer.allocate(additionalLength);
        readFully(additional);
        additional.rewind();
        if (digests.header() && readInt() != Digests.crc(bytes, additional, 0)) {
            throw new ProtocolViolation("header digest is wrong");
        }
        pendingData = dataLength;
        aheadBytes = dataLength < LARGE_BYTES ? BUFFER_BYTES : AHEAD_BYTES;
        return Optional.of(new Header(bytes, additional));
    }

    /** Whether data segments have digests, so that they can only be read as a whole. */
    public boolean checksData() {
        return digests.data();
    }

    /**
     * Reads the data segment of the last header into {@code target}, whose position moves past it. The target must have room.
     *
     * @return false if the data digest is wrong; the bytes were read all the same
     */
    public boolean readData(ByteBuffer target) throws IOException {
        int length = pendingData;
        if (length > target.remaining()) {
            throw new IllegalArgumentException(
                    "data segment of " + length + " bytes does not fit into " + target.remaining());
        }
        if (length == 0) {
            return true;
        }
        ByteBuffer data = read(target, length);
        pendingData = 0;
        return readPaddingAndDigest(data);
    }

    /**
     * Reads the next part of the data segment into {@code target}; the last part is for {@link #readData}. Not if {@link #checksData}.
     *
     * @param length a multiple of four, less than what is left of the segment
     */
    public void readPart(ByteBuffer target, int length) throws IOException {
        if (digests.data() || length >= pendingData || padding(length) != 0) {
            throw new IllegalArgumentException("no part of " + length + " bytes of " + pendingData);
        }
        var unused = read(target, length);
        pendingData -= length;
    }

    private ByteBuffer read(ByteBuffer target, int length) throws IOException {
        int start = target.position();
        int limit = target.limit();
        target.limit(start + length);
        readFully(target, length >= LARGE_BYTES);
        target.limit(limit);
        return target.duplicate().flip().position(start);
    }

    /** Reads a data segment that is known to be small into an array of its own. */
    public byte[] readSmallData() throws IOException {
        byte[] data = new byte[pendingData];
        if (!readData(ByteBuffer.wrap(data))) {
            throw new ProtocolViolation("data digest is wrong");
        }
        return data;
    }

    /** Reads and forgets the data segment of the last header. */
    public void skipData() throws IOException {
        int left = pendingData;
        if (left == 0) {
            return;
        }
        int tail = padding(left) + (digests.data() ? Digests.LENGTH : 0);
        left += tail;
        aheadBytes = BUFFER_BYTES;
        while (left > 0) {
            if (!buffer.hasRemaining() && !fill()) {
                throw new EOFException("connection closed inside a data segment");
            }
            int part = Math.min(left, buffer.remaining());
            buffer.position(buffer.position() + part);
            left -= part;
        }
        pendingData = 0;
    }

    private boolean readPaddingAndDigest(ByteBuffer data) throws IOException {
        ByteBuffer padding = ByteBuffer.allocate(padding(data.remaining()));
        readFully(padding);
        return !digests.data() || readInt() == Digests.crc(data, padding.flip(), 0);
    }

    static int padding(int length) {
        return -length & 3;
    }

    private int readInt() throws IOException {
        ByteBuffer four = ByteBuffer.allocate(Integer.BYTES);
        readFully(four);
        return four.getInt(0);
    }

    private void readFully(ByteBuffer target) throws IOException {
        readFully(target, false);
    }

    private void readFully(ByteBuffer target, boolean large) throws IOException {
        while (target.hasRemaining()) {
            if (buffer.hasRemaining()) {
                int part = Math.min(buffer.remaining(), target.remaining());
                target.put(target.position(), buffer, buffer.position(), part);
                target.position(target.position() + part);
                buffer.position(buffer.position() + part);
            } else if (large) {
                readWithWhatFollows(target);
            } else if (!fill()) {
                throw new EOFException("connection closed inside a PDU");
            }
        }
    }

    /** One system call for the data and the header after it. */
    private void readWithWhatFollows(ByteBuffer target) throws IOException {
        buffer.clear().limit(aheadBytes);
        try {
            long received = transport.read(target, buffer);
            if (received < 0) {
                throw new EOFException("connection closed inside a PDU");
            }
            bytesReceived += received;
        } finally {
            buffer.flip();
        }
    }

    private boolean fill() throws IOException {
        buffer.clear().limit(aheadBytes);
        int count;
        try {
            count = transport.read(buffer);
        } finally {
            buffer.flip();
        }
        if (count < 0) {
            return false;
        }
        bytesReceived += count;
        return true;
    }
}
