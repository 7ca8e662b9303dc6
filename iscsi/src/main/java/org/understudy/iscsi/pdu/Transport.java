package org.understudy.iscsi.pdu;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/**
 * A byte stream in both directions, plain or inside TLS. One thread may read while another writes; {@link #close} from any
 * thread ends both, without waiting for a peer that does not read.
 */
public interface Transport extends Closeable {

    /** Reads at least one byte, or returns -1 at the end of the stream. Blocks. */
    int read(ByteBuffer target) throws IOException;

    /**
     * Reads into the first buffer and, once that is full, what more is at hand into the second.
     *
     * @return bytes read into both, -1 at the end
     */
    default long read(ByteBuffer first, ByteBuffer second) throws IOException {
        return read(first);
    }

    /** Writes all remaining bytes of all buffers. Blocks. */
    void write(ByteBuffer[] sources, int count) throws IOException;

    /**
     * Bytes that {@link #write} takes at present without waiting for the peer, and without much work, if all that was written before
     * has arrived there; 0 if that is not known. It may change from call to call.
     */
    default int sendRoom() throws IOException {
        return 0;
    }

    /** Bytes that the peer can send at present while nobody reads here; 0 if that is not known. It may change from call to call. */
    default int receiveRoom() throws IOException {
        return 0;
    }

    /** Whether buffers outside the Java heap save a copy. */
    boolean prefersDirectBuffers();

    SocketAddress remoteAddress();

    /** Never blocks and never throws for a peer's sake. Idempotent. */
    @Override
    void close();
}
