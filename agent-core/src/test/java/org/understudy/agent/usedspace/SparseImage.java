package org.understudy.agent.usedspace;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.understudy.agent.disk.DiskReader;

/**
 * A disk in memory that keeps only blocks that are not zero; of any size, and cheap to copy and to damage. As a file: gzip of the
 * size, then pairs of offset and 4 KiB block, offset -1 at the end.
 */
public final class SparseImage implements DiskReader {

    private static final int BLOCK = 4096;
    private static final byte[] ZEROS = new byte[BLOCK];

    private final long sizeBytes;
    private final int logicalBlockSize;
    private final Map<Long, byte[]> blocks;

    private SparseImage(long sizeBytes, int logicalBlockSize, Map<Long, byte[]> blocks) {
        this.sizeBytes = sizeBytes;
        this.logicalBlockSize = logicalBlockSize;
        this.blocks = blocks;
    }

    public static SparseImage ofSize(long sizeBytes, int logicalBlockSize) {
        return new SparseImage(sizeBytes, logicalBlockSize, new HashMap<>());
    }

    public static SparseImage resource(String name) throws IOException {
        try (InputStream raw = Objects.requireNonNull(SparseImage.class.getResourceAsStream(name), name);
                DataInputStream in = new DataInputStream(new BufferedInputStream(new GZIPInputStream(raw)))) {
            SparseImage image = ofSize(in.readLong(), 512);
            for (long offset = in.readLong(); offset >= 0; offset = in.readLong()) {
                image.blocks.put(offset / BLOCK, in.readNBytes(BLOCK));
            }
            return image;
        }
    }

    /** Puts another image into this one. */
    public void put(long offset, SparseImage image) {
        image.blocks.forEach((block, bytes) -> write(offset + block * BLOCK, bytes));
    }

    /** Writes the blocks of an image that are not zero. */
    static void save(Path image, Path target) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(image), 1 << 20);
                DataOutputStream out = new DataOutputStream(
                        new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(target))))) {
            out.writeLong(Files.size(image));
            long offset = 0;
            for (byte[] block = in.readNBytes(BLOCK); block.length > 0; block = in.readNBytes(BLOCK)) {
                byte[] whole = java.util.Arrays.copyOf(block, BLOCK);
                if (!java.util.Arrays.equals(whole, ZEROS)) {
                    out.writeLong(offset);
                    out.write(whole);
                }
                offset += BLOCK;
            }
            out.writeLong(-1);
        }
    }

    public void write(long offset, byte... content) {
        for (int i = 0; i < content.length; i++) {
            long at = offset + i;
            blocks.computeIfAbsent(at / BLOCK, key -> new byte[BLOCK])[(int) (at % BLOCK)] = content[i];
        }
    }

    /** A copy with {@code count} small damages in blocks that hold something. */
    public SparseImage damaged(Random random, int count) {
        SparseImage copy = new SparseImage(sizeBytes, logicalBlockSize, new HashMap<>(blocks));
        Long[] offsets = new TreeMap<>(blocks).keySet().toArray(Long[]::new);
        for (int i = 0; i < count; i++) {
            Long block = offsets[(int) (offsets.length * Math.pow(random.nextDouble(), 2))];
            byte[] bytes = copy.blocks.getOrDefault(block, ZEROS).clone();
            int at = random.nextInt(BLOCK);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at & ~3] = bytes[(at & ~3) + 1] = bytes[(at & ~3) + 2] = bytes[(at & ~3) + 3] = -1;
                case 2 -> java.util.Arrays.fill(bytes, at & ~7, (at & ~7) + 8, (byte) 0);
                default -> bytes[random.nextInt(128)] = (byte) random.nextInt();
            }
            copy.blocks.put(block, bytes);
        }
        return copy;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int logicalBlockSize() {
        return logicalBlockSize;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        if (offset < 0 || offset > sizeBytes - target.remaining()) {
            throw new IOException("outside of the disk");
        }
        long at = offset;
        while (target.hasRemaining()) {
            int inside = (int) (at % BLOCK);
            int part = Math.min(target.remaining(), BLOCK - inside);
            target.put(blocks.getOrDefault(at / BLOCK, ZEROS), inside, part);
            at += part;
        }
    }

    @Override
    public void close() {}
}
