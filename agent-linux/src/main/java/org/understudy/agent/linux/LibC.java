package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.nio.Buffer;

/**
 * The few functions of the C library that Java does not offer. Values are those of 64-bit Linux ({@code asm-generic/fcntl.h},
 * {@code linux/fs.h}); {@code O_DIRECT} and {@code O_DIRECTORY} have other values on arm64.
 */
final class LibC {

    static final int O_RDONLY = 0;
    static final int O_EXCL = 0x80;
    static final int O_NOATIME = 0x40000;
    static final int O_CLOEXEC = 0x80000;
    static final int O_DIRECT;
    static final int O_DIRECTORY;

    static final long FIFREEZE = 0xC0045877L;
    static final long FITHAW = 0xC0045878L;
    static final long BLKSSZGET = 0x1268L;
    static final long BLKGETSIZE64 = 0x80081272L;

    /** {@code asm-generic/mman-common.h}. */
    static final int MADV_DONTNEED = 4;

    static final int PRIO_PROCESS = 0;

    /** {@code asm/unistd_64.h} and {@code asm-generic/unistd.h}. */
    static final long IOPRIO_SET;

    static final long IOPRIO_GET;

    static final int EIO = 5;
    static final int EPERM = 1;
    static final int ESRCH = 3;
    static final int EBUSY = 16;
    static final int EINVAL = 22;
    static final int EOPNOTSUPP = 95;
    static final int EINTR = 4;

    static {
        boolean arm = System.getProperty("os.arch", "").equals("aarch64");
        O_DIRECT = arm ? 0x10000 : 0x4000;
        O_DIRECTORY = arm ? 0x4000 : 0x10000;
        IOPRIO_SET = arm ? 30 : 251;
        IOPRIO_GET = arm ? 31 : 252;
        Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native int open(String path, int flags) throws LastErrorException;

    static native int close(int fd) throws LastErrorException;

    /** The buffer is used from its address on, whatever its position. */
    static native long pread(int fd, Buffer target, long length, long offset) throws LastErrorException;

    static native int syncfs(int fd) throws LastErrorException;

    static native int ioctl(int fd, long request, long argument) throws LastErrorException;

    static native int ioctl(int fd, long request, IntByReference result) throws LastErrorException;

    static native int ioctl(int fd, long request, LongByReference result) throws LastErrorException;

    static native int madvise(long address, long length, int advice) throws LastErrorException;

    /** {@code PRIO_PROCESS} is about the one thread that {@code who} names, {@code sched(7)} says so of Linux. */
    static native int getpriority(int which, int who) throws LastErrorException;

    static native int setpriority(int which, int who, int nice) throws LastErrorException;

    static native long syscall(long number, long a, long b, long c) throws LastErrorException;

    /** What {@code errno} means, for people. */
    static String message(LastErrorException e) {
        String text = e.getMessage();
        return text == null ? "error " + e.getErrorCode() : text.replaceFirst("^\\[\\d+] ", "");
    }
}
