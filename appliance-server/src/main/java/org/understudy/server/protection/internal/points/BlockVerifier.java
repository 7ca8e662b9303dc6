package org.understudy.server.protection.internal.points;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.CorruptDigestFileException;
import org.understudy.core.digest.DigestEntries;
import org.understudy.core.digest.DigestReader;
import org.understudy.core.digest.DigestTree;
import org.understudy.server.protection.Manifest.ManifestDisk;

/**
 * Compares every block of a stored disk with its digest. Holes are zeros and are not read; a block that cannot be read counts as
 * different, since that is how a pool that checks itself reports damage. One use, one thread.
 */
final class BlockVerifier {

    /** Hears of every block that differs, in ascending order. */
    interface MismatchListener {
        void mismatch(long offset, long length);
    }

    private static final int CHUNK_BYTES = 4 << 20;

    private final ManifestDisk disk;
    private final MismatchListener mismatches;
    private final LongConsumer progress;
    private final int blockSize;
    private final ByteBuffer chunk;

    /** @param progress hears how many blocks are done */
    BlockVerifier(ManifestDisk disk, MismatchListener mismatches, LongConsumer progress) {
        this.disk = disk;
        this.mismatches = mismatches;
        this.progress = progress;
        blockSize = disk.blockSize();
        chunk = ByteBuffer.allocateDirect(Math.max(1, CHUNK_BYTES / blockSize) * blockSize);
    }

    static long blocksOf(ManifestDisk disk) {
        return (disk.sizeBytes() + disk.blockSize() - 1) / disk.blockSize();
    }

    /**
     * @throws CorruptDigestFileException if the digests cannot be read or believed; mismatches reported so far mean nothing then
     * @throws IOException if the image cannot be opened, which says nothing about its contents
     */
    void verify(Path device, Path digestFile) throws IOException {
        if (isTree(digestFile)) {
            verifyWithTree(device, digestFile);
            return;
        }
        MessageDigest sha256 = BlockDigest.sha256();
        try (InputStream file = new DigestInputStream(open(digestFile), sha256);
                DigestReader digests = header(file)) {
            if (digests.diskBytes() != disk.sizeBytes() || digests.blockSize() != blockSize) {
                throw new CorruptDigestFileException("the digest file describes another disk");
            }
            compare(device, digests);
            drain(file);
        }
        String found = HexFormat.of().formatHex(sha256.digest());
        if (!found.equals(disk.digestFileSha256().toLowerCase(Locale.ROOT))) {
            throw new CorruptDigestFileException("the digest file is not the one that the manifest names");
        }
    }

    private void verifyWithTree(Path device, Path digestFile) throws IOException {
        try (DigestTree tree = tree(digestFile)) {
            if (tree.diskBytes() != disk.sizeBytes() || tree.blockSize() != blockSize) {
                throw new CorruptDigestFileException("the digest tree describes another disk");
            }
            if (!tree.root().equals(disk.digestFileSha256().toLowerCase(Locale.ROOT))) {
                throw new CorruptDigestFileException("the digest tree is not the one that the manifest names");
            }
            compare(device, tree.entries());
        }
    }

    private static boolean isTree(Path digestFile) throws CorruptDigestFileException {
        try {
            return DigestTree.isTree(digestFile);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static DigestTree tree(Path digestFile) throws CorruptDigestFileException {
        try {
            return DigestTree.open(digestFile);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static InputStream open(Path digestFile) throws CorruptDigestFileException {
        try {
            return Files.newInputStream(digestFile);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static DigestReader header(InputStream file) throws CorruptDigestFileException {
        try {
            return new DigestReader(file);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static DigestReader.@Nullable Entry next(DigestEntries digests) throws CorruptDigestFileException {
        try {
            return digests.next().orElse(null);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static void drain(InputStream file) throws CorruptDigestFileException {
        try {
            file.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static CorruptDigestFileException unreadable(IOException e) {
        return e instanceof CorruptDigestFileException corrupt
                ? corrupt
                : new CorruptDigestFileException("the digest file cannot be read: " + e, e);
    }

    private void compare(Path device, DigestEntries digests) throws IOException {
        try (FileChannel image = FileChannel.open(device, StandardOpenOption.READ)) {
            long stored = Math.min(image.size(), disk.sizeBytes());
            if (stored < disk.sizeBytes()) {
                mismatches.mismatch(stored, disk.sizeBytes() - stored);
            }
            try (DataRanges ranges = DataRanges.open(device, stored)) {
                ranges.dropCache();
                compare(image, ranges, digests, stored);
            }
        }
    }

    private void compare(FileChannel image, DataRanges ranges, DigestEntries digests, long stored) throws IOException {
        DigestReader.@Nullable Entry next = next(digests);
        long block = 0;
        long storedBlocks = (stored + blockSize - 1) / blockSize;
        while (block < storedBlocks) {
            long dataStart = ranges.nextData(block * blockSize);
            long firstWithData = dataStart >= stored ? storedBlocks : dataStart / blockSize;
            while (next != null && next.block() < firstWithData) {
                report(next.block());
                next = next(digests);
            }
            block = firstWithData;
            progress.accept(block);
            if (block >= storedBlocks) {
                break;
            }
            long dataEnd = ranges.endOfData(dataStart);
            long end = Math.min(storedBlocks, (dataEnd + blockSize - 1) / blockSize);
            while (block < end) {
                int count = (int) Math.min(end - block, chunk.capacity() / blockSize);
                boolean whole = read(image, block, count, stored);
                for (int i = 0; i < count; i++, block++) {
                    BlockDigest expected = BlockDigest.ZERO;
                    if (next != null && next.block() == block) {
                        expected = next.digest();
                        next = next(digests);
                    }
                    BlockDigest found = digestOf(image, block, i, whole, stored);
                    if (found == null || !found.equals(expected)) {
                        report(block);
                    }
                }
                progress.accept(block);
            }
        }
        // Reads on to the verified end of the digest file; digests past the end of a short image differ from nothing
        // there.
        while (next != null) {
            next = next(digests);
        }
    }

    /** Null if the block cannot be read. */
    private @Nullable BlockDigest digestOf(FileChannel image, long block, int index, boolean chunkRead, long stored) {
        if (chunkRead) {
            int length = (int) Math.min(blockSize, stored - block * blockSize);
            return BlockDigest.of(chunk.slice(index * blockSize, length));
        }
        ByteBuffer one = ByteBuffer.allocate((int) Math.min(blockSize, stored - block * blockSize));
        return readFully(image, one, block * blockSize) ? BlockDigest.of(one.flip()) : null;
    }

    private boolean read(FileChannel image, long block, int count, long stored) {
        long offset = block * blockSize;
        chunk.clear().limit((int) Math.min((long) count * blockSize, stored - offset));
        return readFully(image, chunk, offset);
    }

    // A read error is the answer that is looked for here; the caller reads block by block to find which ones.
    private static boolean readFully(FileChannel image, ByteBuffer target, long offset) {
        try {
            long position = offset;
            while (target.hasRemaining()) {
                int count = image.read(target, position);
                if (count < 0) {
                    return false;
                }
                position += count;
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void report(long block) {
        long offset = block * blockSize;
        mismatches.mismatch(offset, Math.min(blockSize, disk.sizeBytes() - offset));
    }
}
