package org.understudy.agent.linux.bpf;

import com.sun.jna.LastErrorException;
import java.nio.file.Path;

/** A map, program or link of the kernel, held by a file descriptor. It lives on while it is pinned. Close is idempotent. */
public final class KernelObject implements AutoCloseable {

    private final int fd;
    private boolean closed;

    KernelObject(int fd) {
        this.fd = fd;
    }

    public int fd() {
        if (closed) {
            throw new IllegalStateException("closed");
        }
        return fd;
    }

    /** Gives the object a name in a bpffs; it then outlives this process. */
    public void pin(Path path) throws BpfException {
        Bpf.pin(this, path);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try {
                SystemCalls.close(fd);
            } catch (LastErrorException e) {
                throw new IllegalStateException("a file descriptor of the kernel was closed by somebody else", e);
            }
        }
    }
}
