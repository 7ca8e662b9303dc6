package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.agent.snapshot.ProtectedDisk;

/** A block device under protection. Thread-safe. */
final class LinuxDisk implements ProtectedDisk {

    private final BlockDevice device;
    private final MountFinder mounts;

    LinuxDisk(BlockDevice device, MountFinder mounts) {
        this.device = device;
        this.mounts = mounts;
    }

    /** Its device file. */
    Path file() {
        return device.file();
    }

    @Override
    public String key() {
        return device.key();
    }

    @Override
    public DiskReader open() throws IOException {
        return DirectDiskReader.open(device.file());
    }

    @Override
    public List<FileSystemMount> mounts() throws IOException {
        return mounts.mountsOf(device.name());
    }

    /** An exclusive open fails while the kernel itself has the disk or one of its partitions open (open(2), O_EXCL). */
    @Override
    public boolean inUse() throws IOException {
        try {
            int fd = LibC.open(device.file().toString(), LibC.O_RDONLY | LibC.O_EXCL | LibC.O_CLOEXEC);
            LibC.close(fd);
            return false;
        } catch (LastErrorException e) {
            if (e.getErrorCode() == LibC.EBUSY) {
                return true;
            }
            throw new IOException("open " + device.file() + ": " + LibC.message(e), e);
        }
    }
}
