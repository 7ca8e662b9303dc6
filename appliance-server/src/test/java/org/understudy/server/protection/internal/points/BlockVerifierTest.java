package org.understudy.server.protection.internal.points;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.DigestWriter;
import org.understudy.server.protection.Manifest.ManifestDisk;

class BlockVerifierTest {

    private static final int BLOCK = 64 * 1024;

    @TempDir
    Path directory;

    private ManifestDisk digests(Path file, byte[] content) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                DigestWriter writer = new DigestWriter(out, content.length, BLOCK)) {
            for (int at = 0; at < content.length; at += BLOCK) {
                ByteBuffer block = ByteBuffer.wrap(content, at, Math.min(BLOCK, content.length - at));
                writer.put(at / BLOCK, BlockDigest.of(block.slice()));
            }
            writer.finish();
        }
        return disk(file, content.length);
    }

    private static ManifestDisk disk(Path digests, long size) throws IOException {
        String sha256 = HexFormat.of().formatHex(BlockDigest.sha256().digest(Files.readAllBytes(digests)));
        return new ManifestDisk(0, "disk-a", size, BLOCK, 0, 0, 0, 0, sha256);
    }

    private List<Long> mismatches(ManifestDisk disk, Path image, Path digests) throws IOException {
        List<Long> found = new ArrayList<>();
        new BlockVerifier(disk, (offset, length) -> found.add(offset), blocks -> {}).verify(image, digests);
        return found;
    }

    @Test
    void findsExactlyTheBlocksThatDifferOnRandomSparseImages() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 10; round++) {
            byte[] content = new byte[1 + random.nextInt(200 * BLOCK)];
            for (int i = random.nextInt(6); i > 0; i--) {
                byte[] piece = new byte[1 + random.nextInt(20 * BLOCK)];
                random.nextBytes(piece);
                int at = random.nextInt(content.length);
                System.arraycopy(piece, 0, content, at, Math.min(piece.length, content.length - at));
            }
            Path digests = directory.resolve("digests");
            ManifestDisk disk = digests(digests, content);
            Set<Long> expected = new HashSet<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                int at = random.nextInt(content.length);
                long block = at / BLOCK;
                if (expected.add(block * BLOCK)) {
                    content[at] ^= 1;
                }
            }
            Path image = directory.resolve("image" + round);
            writeSparse(image, content);
            assertThat(mismatches(disk, image, digests))
                    .as("seed %d round %d", seed, round)
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    /** Leaves holes where there are zeros, so that both ways of reading are used. */
    private static void writeSparse(Path image, byte[] content) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(content.length);
            for (int at = 0; at < content.length; at += 4096) {
                byte[] piece = Arrays.copyOfRange(content, at, Math.min(content.length, at + 4096));
                if (!BlockDigest.isZero(ByteBuffer.wrap(piece))) {
                    file.seek(at);
                    file.write(piece);
                }
            }
        }
    }

    @Test
    void aSparseDiskOfOneTebibyteIsReadInTheTimeOfItsData() throws IOException {
        long size = 1L << 40;
        Path image = directory.resolve("huge");
        byte[] data = new byte[BLOCK];
        new Random(1).nextBytes(data);
        long last = size / BLOCK - 1;
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(size);
            file.seek(5L * BLOCK);
            file.write(data);
            file.seek(last * BLOCK);
            file.write(data);
        }
        Path digests = directory.resolve("digests");
        BlockDigest digest = BlockDigest.of(ByteBuffer.wrap(data));
        try (OutputStream out = Files.newOutputStream(digests);
                DigestWriter writer = new DigestWriter(out, size, BLOCK)) {
            writer.put(5, digest);
            writer.put(77, digest);
            writer.put(last, digest);
            writer.finish();
        }
        long before = System.nanoTime();
        assertThat(mismatches(disk(digests, size), image, digests)).containsExactly(77L * BLOCK);
        assertThat((System.nanoTime() - before) / 1e9).isLessThan(10);
    }
}
