package org.understudy.demo.system;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** Disks as files: copied sparsely, compared over used space. Stateless. */
final class DiskFiles {

    static final int BLOCK = 64 << 10;
    private static final int SECTOR = 512;

    private DiskFiles() {}

    /** Copies a disk; what is zero becomes a hole. The copy appears under its name only when it is whole. */
    static void copy(Path from, Path to) throws IOException {
        Path unfinished = to.resolveSibling(to.getFileName() + ".new");
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(
                        unfinished,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            long size = in.size();
            for (long at = 0; at < size; at += buffer.capacity()) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), size - at));
                fill(in, at, buffer);
                buffer.flip();
                if (!isZero(buffer)) {
                    for (long to2 = at; buffer.hasRemaining(); ) {
                        to2 += out.write(buffer, to2);
                    }
                }
            }
            if (out.size() < size) {
                out.write(ByteBuffer.allocate(1), size - 1);
            }
        }
        Files.move(unfinished, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The used space of a disk whose file systems were frozen, whole sectors. */
    static ExtentSet used(Path disk) throws IOException {
        try (FileDisk file = new FileDisk(disk)) {
            return UsedSpace.of(file, MetadataState.SETTLED).used().alignedTo(SECTOR, file.sizeBytes());
        }
    }

    /**
     * Where an image is not what the truth says: other bytes within used space, or anything but zeros outside of it.
     *
     * @return the offsets of the first sectors that are wrong, at most ten
     */
    static List<String> differences(Path truth, Path image) throws IOException {
        List<String> wrong = new ArrayList<>();
        try (FileDisk expected = new FileDisk(truth);
                FileDisk found = new FileDisk(image)) {
            if (expected.sizeBytes() != found.sizeBytes()) {
                return List.of("the disk has " + expected.sizeBytes() + " bytes, the image " + found.sizeBytes());
            }
            ExtentSet used = used(truth);
            compare(used, expected, found, wrong);
            compare(used.complement(expected.sizeBytes()), null, found, wrong);
        }
        return wrong;
    }

    private static void compare(
            ExtentSet where, @org.jspecify.annotations.Nullable FileDisk expected, FileDisk found, List<String> wrong)
            throws IOException {
        for (Extent extent : where.extents()) {
            for (long at = extent.offset(); at < extent.end() && wrong.size() < 10; at += BLOCK) {
                int length = (int) Math.min(BLOCK, extent.end() - at);
                byte[] right = expected == null ? new byte[length] : expected.bytes(at, length);
                int first = java.util.Arrays.mismatch(right, found.bytes(at, length));
                if (first >= 0) {
                    wrong.add((expected == null ? "not zero outside used space" : "differs") + " at byte "
                            + (at + first));
                }
            }
        }
    }

    /** Bytes of the blocks that differ between two disks, everything outside of used space counted as zero. */
    static long changedBytes(Path before, Path after) throws IOException {
        ExtentSet usedBefore = used(before);
        ExtentSet usedAfter = used(after);
        long changed = 0;
        try (FileDisk old = new FileDisk(before);
                FileDisk now = new FileDisk(after)) {
            for (long at = 0; at < now.sizeBytes(); at += BLOCK) {
                int length = (int) Math.min(BLOCK, now.sizeBytes() - at);
                byte[] first = normalised(old, usedBefore, at, length);
                byte[] second = normalised(now, usedAfter, at, length);
                changed += java.util.Arrays.equals(first, second) ? 0 : length;
            }
        }
        return changed;
    }

    private static byte[] normalised(FileDisk disk, ExtentSet used, long at, int length) throws IOException {
        byte[] block = new byte[length];
        ExtentSet here = used.intersect(ExtentSet.of(new Extent(at, length)));
        for (Extent extent : here.extents()) {
            byte[] piece = disk.bytes(extent.offset(), (int) extent.length());
            System.arraycopy(piece, 0, block, (int) (extent.offset() - at), piece.length);
        }
        return block;
    }

    private static void fill(FileChannel in, long offset, ByteBuffer target) throws IOException {
        for (long at = offset; target.hasRemaining(); ) {
            int n = in.read(target, at);
            if (n < 0) {
                throw new EOFException("the file ends at byte " + at);
            }
            at += n;
        }
    }

    private static boolean isZero(ByteBuffer buffer) {
        int i = buffer.position();
        for (; i + Long.BYTES <= buffer.limit(); i += Long.BYTES) {
            if (buffer.getLong(i) != 0) {
                return false;
            }
        }
        for (; i < buffer.limit(); i++) {
            if (buffer.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static final class FileDisk implements DiskReader {

        private final FileChannel file;

        FileDisk(Path path) throws IOException {
            file = FileChannel.open(path, StandardOpenOption.READ);
        }

        byte[] bytes(long offset, int length) throws IOException {
            ByteBuffer buffer = ByteBuffer.allocate(length);
            read(offset, buffer);
            return buffer.array();
        }

        @Override
        public long sizeBytes() {
            try {
                return file.size();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        @Override
        public int logicalBlockSize() {
            return SECTOR;
        }

        @Override
        public void read(long offset, ByteBuffer target) throws IOException {
            fill(file, offset, target);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
