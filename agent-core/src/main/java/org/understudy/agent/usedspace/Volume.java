package org.understudy.agent.usedspace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.layout.DiskBytes;

/** A file system's volume in one byte order; an address outside of it makes the file system unmappable. */
final class Volume {

    private final DiskReader disk;
    private final ByteOrder order;

    Volume(DiskReader disk, ByteOrder order) {
        this.disk = disk;
        this.order = order;
    }

    DiskReader disk() {
        return disk;
    }

    long sizeBytes() {
        return disk.sizeBytes();
    }

    ByteBuffer read(long offset, int length, String what) throws IOException, UnmappableException {
        if (offset < 0 || length < 0 || offset > disk.sizeBytes() - length) {
            throw new UnmappableException(what + " lies outside of the partition");
        }
        return DiskBytes.read(disk, offset, length, order);
    }

    /** The value, which must be there. */
    static <T> T present(@Nullable T value, String otherwise) throws UnmappableException {
        if (value == null) {
            throw new UnmappableException(otherwise);
        }
        return value;
    }

    /** Throws the reason if a condition that must hold does not. */
    static void require(boolean condition, String otherwise) throws UnmappableException {
        if (!condition) {
            throw new UnmappableException(otherwise);
        }
    }
}
