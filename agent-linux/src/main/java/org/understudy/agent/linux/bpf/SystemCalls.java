package org.understudy.agent.linux.bpf;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Functions of the C library that eBPF needs. Numbers are those of x86-64 and of the generic table that arm64 uses
 * ({@code asm/unistd_64.h}, {@code asm-generic/unistd.h}).
 */
final class SystemCalls {

    static final long BPF;
    static final long MEMBARRIER;
    static final long PRLIMIT64;

    static final int PROT_READ_WRITE = 3;
    static final int MAP_SHARED = 1;

    static {
        boolean arm = System.getProperty("os.arch", "").equals("aarch64");
        BPF = arm ? 280 : 321;
        MEMBARRIER = arm ? 283 : 324;
        PRLIMIT64 = arm ? 261 : 302;
        Native.register(SystemCalls.class, "c");
    }

    private SystemCalls() {}

    static native long syscall(long number, long a, long b, long c, long d, long e, long f) throws LastErrorException;

    static native Pointer mmap(@Nullable Pointer address, long length, int protection, int flags, int fd, long offset)
            throws LastErrorException;

    static native int munmap(Pointer address, long length) throws LastErrorException;

    static native int open(String path, int flags) throws LastErrorException;

    static native int close(int fd) throws LastErrorException;

    static native int flock(int fd, int operation) throws LastErrorException;

    static native int mount(String source, String target, String type, long flags, @Nullable Pointer data)
            throws LastErrorException;

    /** What {@code errno} means, for people. */
    static String message(LastErrorException e) {
        String text = e.getMessage();
        return text == null ? "error " + e.getErrorCode() : text.replaceFirst("^\\[\\d+] ", "");
    }
}
