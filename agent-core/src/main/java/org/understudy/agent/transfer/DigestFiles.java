package org.understudy.agent.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.CorruptDigestFileException;
import org.understudy.core.digest.DigestReader;

/** Questions about whole digest files, answered by reading them once. Stateless. */
final class DigestFiles {

    private DigestFiles() {}

    /**
     * How a file differs from another.
     *
     * @param changedBytes bytes of the blocks with another digest
     * @param blocks blocks of the newer file that are not zero
     */
    record Difference(long changedBytes, long blocks) {}

    /** Reads a file to its verified end. */
    static void verify(Path file, int blockSize) throws IOException {
        try (DigestReader reader = new DigestReader(Files.newInputStream(file))) {
            if (reader.blockSize() != blockSize) {
                throw new CorruptDigestFileException(
                        "it has blocks of " + reader.blockSize() + " bytes, not " + blockSize);
            }
            while (reader.next().isPresent()) {
                // Only the end of the file says whether it is whole.
            }
        }
    }

    static Difference difference(@Nullable Path before, Path after, long diskBytes, int blockSize) throws IOException {
        Counter counter = new Counter(diskBytes, blockSize);
        try (HeadCursor old = new HeadCursor(before);
                DigestReader now = new DigestReader(Files.newInputStream(after))) {
            for (var entry = now.next(); entry.isPresent(); entry = now.next()) {
                long block = entry.get().block();
                counter.blocks++;
                old.skipTo(block, (gone, digest) -> counter.changed(gone));
                BlockDigest digest = old.take(block);
                if (!digest.equals(entry.get().digest())) {
                    counter.changed(block);
                }
            }
            old.skipTo(Long.MAX_VALUE, (gone, digest) -> counter.changed(gone));
        }
        return new Difference(counter.changedBytes, counter.blocks);
    }

    static String sha256(Path file) throws IOException {
        MessageDigest sha256 = BlockDigest.sha256();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha256.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    private static final class Counter {

        private final long diskBytes;
        private final int blockSize;
        private long changedBytes;
        private long blocks;

        Counter(long diskBytes, int blockSize) {
            this.diskBytes = diskBytes;
            this.blockSize = blockSize;
        }

        void changed(long block) {
            changedBytes += Math.max(0, Math.min(blockSize, diskBytes - block * blockSize));
        }
    }
}
