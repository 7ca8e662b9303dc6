package org.understudy.core.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class DigestFileTest {

    private static final int BLOCK = 65536;

    @RepeatedTest(20)
    void whatWasWrittenIsReadBack() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long blocks = 1 + random.nextInt(20_000);
        TreeMap<Long, BlockDigest> digests = new TreeMap<>();
        for (long block = 0; block < blocks; block++) {
            if (random.nextInt(10) < 7 || block < 5000) {
                digests.put(block, digest(random));
            } else {
                block += random.nextInt(50);
            }
        }
        digests.tailMap(blocks).clear();
        long size = (blocks - 1) * BLOCK + 1 + random.nextInt(BLOCK);

        byte[] file = write(size, digests);

        assertThat(read(file)).as("seed %d", seed).isEqualTo(digests);
        try (DigestReader reader = new DigestReader(new ByteArrayInputStream(file))) {
            assertThat(reader.diskBytes()).isEqualTo(size);
            assertThat(reader.blockSize()).isEqualTo(BLOCK);
        }
    }

    @Test
    void zeroBlocksTakeNoSpace() throws IOException {
        TreeMap<Long, BlockDigest> digests = new TreeMap<>();
        for (long block = 0; block < 1000; block++) {
            digests.put(block, BlockDigest.ZERO);
        }

        byte[] file = write(1000L * BLOCK, digests);

        assertThat(file).hasSize(20 + 8 + BlockDigest.LENGTH);
        assertThat(read(file)).isEmpty();
    }

    @Test
    void anEmptyDiskHasAnEmptyFile() throws IOException {
        assertThat(read(write(0, Map.of()))).isEmpty();
    }

    @Test
    void everyAlteredByteIsNoticed() throws IOException {
        byte[] file = write(10L * BLOCK, sample());
        for (int i = 0; i < file.length; i++) {
            byte[] altered = file.clone();
            altered[i] ^= 0x10;
            assertThatExceptionOfType(CorruptDigestFileException.class)
                    .as("byte %d", i)
                    .isThrownBy(() -> read(altered));
        }
    }

    @Test
    void aFileCutShortAnywhereIsNoticed() throws IOException {
        byte[] file = write(10L * BLOCK, sample());
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThatExceptionOfType(CorruptDigestFileException.class)
                    .as("%d bytes", length)
                    .isThrownBy(() -> read(cut));
        }
    }

    @Test
    void bytesAfterTheEndAreNoticed() throws IOException {
        byte[] file = write(10L * BLOCK, sample());

        assertThatExceptionOfType(CorruptDigestFileException.class)
                .isThrownBy(() -> read(Arrays.copyOf(file, file.length + 1)));
    }

    @Test
    void aFileThatWasNotFinishedIsNotBelieved() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DigestWriter writer = new DigestWriter(bytes, 10L * BLOCK, BLOCK)) {
            writer.put(0, digest(new Random(1)));
        }

        assertThatExceptionOfType(CorruptDigestFileException.class).isThrownBy(() -> read(bytes.toByteArray()));
    }

    @Test
    void runsOutsideTheDiskOrOutOfOrderAreRefused() throws IOException {
        for (long[] runs :
                new long[][] {{10, 1}, {9, 2}, {0, 0}, {0, -1}, {-2, 1}, {3, 2, 4, 1}, {Long.MAX_VALUE, 1}}) {
            ByteBuffer file = ByteBuffer.allocate(4096);
            file.putLong(DigestFormat.MAGIC).putLong(10L * BLOCK).putInt(BLOCK);
            for (int i = 0; i < runs.length; i += 2) {
                file.putLong(runs[i]).putInt((int) runs[i + 1]);
                file.put(new byte[(int) Math.max(0, runs[i + 1]) * BlockDigest.LENGTH]);
            }
            assertThatExceptionOfType(CorruptDigestFileException.class)
                    .as(Arrays.toString(runs))
                    .isThrownBy(() -> read(Arrays.copyOf(file.array(), file.position())))
                    .withMessageContaining("out of order or bounds");
        }
    }

    @Test
    void absurdHeadersAreRefused() {
        for (long[] header : new long[][] {{-1, BLOCK}, {1, 0}, {1, 511}, {1, (1 << 24) + 1}, {1, -5}}) {
            byte[] file = ByteBuffer.allocate(20)
                    .putLong(DigestFormat.MAGIC)
                    .putLong(header[0])
                    .putInt((int) header[1])
                    .array();
            assertThatExceptionOfType(CorruptDigestFileException.class)
                    .isThrownBy(() -> read(file))
                    .withMessageContaining("absurd");
        }
    }

    @Test
    void blocksMustAscend() throws IOException {
        try (DigestWriter writer = new DigestWriter(new ByteArrayOutputStream(), 10L * BLOCK, BLOCK)) {
            writer.put(3, digest(new Random(1)));
            assertThatIllegalArgumentException().isThrownBy(() -> writer.put(3, digest(new Random(2))));
            assertThatIllegalArgumentException().isThrownBy(() -> writer.put(1, BlockDigest.ZERO));
        }
    }

    @Test
    void aDigestIsSha256AndZerosHaveNone() {
        assertThat(BlockDigest.of(ByteBuffer.wrap("abc".getBytes(StandardCharsets.US_ASCII))))
                .hasToString("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        for (int length = 0; length < 40; length++) {
            byte[] bytes = new byte[length];
            assertThat(BlockDigest.of(ByteBuffer.wrap(bytes)).isZeroBlock()).isTrue();
            for (int i = 0; i < length; i++) {
                bytes[i] = 1;
                ByteBuffer block = ByteBuffer.wrap(bytes);
                assertThat(BlockDigest.isZero(block))
                        .as("byte %d of %d", i, length)
                        .isFalse();
                assertThat(block.position()).isZero();
                bytes[i] = 0;
            }
        }
    }

    private static TreeMap<Long, BlockDigest> sample() {
        Random random = new Random(5);
        return new TreeMap<>(Map.of(0L, digest(random), 1L, digest(random), 7L, digest(random)));
    }

    private static BlockDigest digest(Random random) {
        byte[] bytes = new byte[BlockDigest.LENGTH];
        random.nextBytes(bytes);
        return BlockDigest.ofBytes(bytes);
    }

    private static byte[] write(long size, Map<Long, BlockDigest> digests) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DigestWriter writer = new DigestWriter(bytes, size, BLOCK)) {
            for (Map.Entry<Long, BlockDigest> entry : digests.entrySet()) {
                writer.put(entry.getKey(), entry.getValue());
            }
            writer.finish();
        }
        return bytes.toByteArray();
    }

    private static Map<Long, BlockDigest> read(byte[] file) throws IOException {
        Map<Long, BlockDigest> digests = new TreeMap<>();
        try (DigestReader reader = new DigestReader(new ByteArrayInputStream(file))) {
            for (Optional<DigestReader.Entry> next = reader.next(); next.isPresent(); next = reader.next()) {
                digests.put(next.get().block(), next.get().digest());
            }
            assertThat(reader.next()).isEmpty();
        }
        return digests;
    }
}
