package org.understudy.agent.linux.bpf;

import com.sun.jna.LastErrorException;
import java.io.IOException;
import java.nio.file.Path;

/** flock(2) on a directory, which needs no file in it; waits for whoever has it. Freed on close and when the process dies. */
public final class DirectoryLock implements AutoCloseable {

    private static final int LOCK_EXCLUSIVE = 2;
    private static final int O_CLOEXEC = 0x80000;

    private final int fd;

    private DirectoryLock(int fd) {
        this.fd = fd;
    }

    public static DirectoryLock take(Path directory) throws IOException {
        try {
            int fd = SystemCalls.open(directory.toString(), O_CLOEXEC);
            try {
                SystemCalls.flock(fd, LOCK_EXCLUSIVE);
                return new DirectoryLock(fd);
            } catch (LastErrorException e) {
                SystemCalls.close(fd);
                throw e;
            }
        } catch (LastErrorException e) {
            throw new IOException("lock of " + directory + ": " + SystemCalls.message(e), e);
        }
    }

    @Override
    public void close() {
        SystemCalls.close(fd);
    }
}
