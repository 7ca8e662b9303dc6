package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;

/** System calls on the open directory of a mounted file system. Stateless. */
final class MountHandle {

    private MountHandle() {}

    /** Opens a mount point without touching its access time. */
    static int openDirectory(String path) {
        int flags = LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_CLOEXEC;
        try {
            return LibC.open(path, flags | LibC.O_NOATIME);
        } catch (LastErrorException e) {
            if (e.getErrorCode() == LibC.EPERM) {
                return LibC.open(path, flags);
            }
            throw e;
        }
    }

    /** Freezes; returns false if file systems of this kind cannot be frozen. */
    static boolean freeze(int fd) {
        try {
            LibC.ioctl(fd, LibC.FIFREEZE, 0);
            return true;
        } catch (LastErrorException e) {
            if (e.getErrorCode() == LibC.EOPNOTSUPP) {
                return false;
            }
            throw e;
        }
    }

    /** Thaws; returns false if it was not frozen. */
    static boolean thaw(int fd) {
        try {
            LibC.ioctl(fd, LibC.FITHAW, 0);
            return true;
        } catch (LastErrorException e) {
            if (e.getErrorCode() == LibC.EINVAL) {
                return false;
            }
            throw e;
        }
    }
}
