package org.understudy.agent.snapshot;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.scan.Scan;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.core.extent.ExtentSet;

/** An open disk with its used space as it was last read. Used by one thread. */
final class ViewedDisk implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ViewedDisk.class);

    private final ProtectedDisk disk;
    private final DiskReader reader;
    private final UsedSpaceReader usedSpace;
    private List<FileSystemMount> mounts;
    private ExtentSet used = ExtentSet.empty();
    private Duration mapping = Duration.ZERO;

    /** How far the allocation records of mounted file systems are believed. */
    enum Trust {
        /** They are frozen, or a later frozen pass mends what was read too early. */
        MOUNTED,
        /** Only file systems that are mounted read-only hold still; for others their own marks decide. */
        READ_ONLY
    }

    ViewedDisk(ProtectedDisk disk, DiskReader reader, UsedSpaceReader usedSpace) throws IOException {
        this.disk = disk;
        this.reader = reader;
        this.usedSpace = usedSpace;
        mounts = disk.mounts();
    }

    String key() {
        return disk.key();
    }

    long sizeBytes() {
        return reader.sizeBytes();
    }

    ExtentSet used() {
        return used;
    }

    DiskReader reader() {
        return reader;
    }

    /** How long reading the used space took the last time. */
    Duration mapping() {
        return mapping;
    }

    /** Mounts as they were last looked up. */
    List<FileSystemMount> mounts() {
        return mounts;
    }

    boolean isMounted() {
        return !mounts.isEmpty();
    }

    boolean inUse() throws IOException {
        return disk.inUse();
    }

    void lookUpMounts() throws IOException {
        mounts = disk.mounts();
    }

    /** Reads the used space anew. Returns whether it is another one than before. Writes nothing. */
    boolean refresh(Trust trust) throws IOException {
        Set<Long> settled = mounts.stream()
                .filter(mount -> trust == Trust.MOUNTED || !mount.freezable())
                .map(FileSystemMount::offsetBytes)
                .collect(Collectors.toSet());
        ExtentSet before = used;
        long started = System.nanoTime();
        used = usedSpace.read(
                reader,
                (partition, offset) -> settled.contains(offset) ? MetadataState.SETTLED : MetadataState.UNSETTLED);
        mapping = Duration.ofNanos(System.nanoTime() - started);
        return !used.equals(before);
    }

    /** The whole disk as a scope. */
    ExtentSet whole() {
        return ExtentSet.empty().complement(reader.sizeBytes());
    }

    /** A reading of the blocks that touch {@code scope}. */
    Scan scan(DiskHead head, ExtentSet scope, LongConsumer read, Runnable guard) {
        return scan(head, scope, used, read, guard);
    }

    /** As {@link #scan(DiskHead, ExtentSet, LongConsumer, Runnable)} with other bytes as used than were found. */
    Scan scan(DiskHead head, ExtentSet scope, ExtentSet counted, LongConsumer read, Runnable guard) {
        ExtentSet blocks = scope.alignedTo(head.blockSize(), reader.sizeBytes());
        return new Scan(
                key(),
                reader,
                blocks,
                counted.alignedTo(head.sectorSize(), reader.sizeBytes()).intersect(blocks),
                head.blockSize(),
                read,
                guard);
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            log.warn("disk {} could not be closed: {}", key(), e.toString());
        }
    }
}
