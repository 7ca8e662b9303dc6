package org.understudy.agent.linux.bpf;

import com.sun.jna.LastErrorException;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The memory of an array map, shared with the programs that write it. Not thread-safe. The buffer must not be used after close: its pages
 * are gone then.
 */
public final class MappedMap implements AutoCloseable {

    private static final int PAGE = 4096;

    private final Pointer address;
    private final long length;
    private final ByteBuffer bytes;
    private boolean closed;

    private MappedMap(Pointer address, long length) {
        this.address = address;
        this.length = length;
        bytes = address.getByteBuffer(0, length).order(ByteOrder.nativeOrder());
    }

    /** Maps {@code length} bytes, at most 2 GiB, of a mappable array. */
    public static MappedMap of(KernelObject map, long length) throws BpfException {
        long rounded = (length + PAGE - 1) / PAGE * PAGE;
        if (rounded > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a map of " + length + " bytes is too large to be mapped");
        }
        try {
            Pointer address =
                    SystemCalls.mmap(null, rounded, SystemCalls.PROT_READ_WRITE, SystemCalls.MAP_SHARED, map.fd(), 0);
            return new MappedMap(address, rounded);
        } catch (LastErrorException e) {
            throw new BpfException("the memory of a map cannot be reached", e);
        }
    }

    public ByteBuffer bytes() {
        if (closed) {
            throw new IllegalStateException("unmapped");
        }
        return bytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            SystemCalls.munmap(address, length);
        }
    }
}
