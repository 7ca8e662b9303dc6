package org.understudy.agent.linux.bpf;

import com.sun.jna.LastErrorException;
import java.io.IOException;

/** The kernel refused an eBPF call. */
public final class BpfException extends IOException {

    private static final long serialVersionUID = 1;

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINVAL = 22;

    private final int errno;

    BpfException(String what, LastErrorException cause) {
        this(what, "", cause);
    }

    /**
     * @param verifier what the verifier said, or nothing
     */
    BpfException(String what, String verifier, LastErrorException cause) {
        super(what + ": " + SystemCalls.message(cause) + (verifier.isEmpty() ? "" : " (" + verifier + ")"), cause);
        errno = cause.getErrorCode();
    }

    public int errno() {
        return errno;
    }
}
