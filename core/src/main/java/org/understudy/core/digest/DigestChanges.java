package org.understudy.core.digest;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How the digests of a disk differ from those of an earlier point. It goes from the agent to the appliance instead of all digests, and
 * is the agent's redo log. Held in memory: at most {@link #MAX} blocks.
 *
 * <pre>
 *          8 bytes  "USDGSC01"
 *          8 bytes  size of the disk in bytes
 *          4 bytes  block size in bytes
 *          4 bytes  number of changes n
 *         32 bytes  root of the tree that is changed
 *         32 bytes  root of the tree that comes out
 *          8 bytes  blocks that are not zero then
 *     n * 40 bytes  number of the block, SHA-256 or zeros; ascending
 *         32 bytes  SHA-256 of everything before
 * </pre>
 *
 * @param base root of the tree that is changed, hexadecimal
 * @param outcome the tree that comes out
 */
public record DigestChanges(
        long diskBytes, int blockSize, String base, DigestTree.Outcome outcome, SortedMap<Long, BlockDigest> digests) {

    /** More is sent as all digests. */
    public static final int MAX = 1 << 16;

    private static final long MAGIC = 0x5553_4447_5343_3031L;
    private static final int FRAME_BYTES = 8 + 8 + 4 + 4 + 32 + 32 + 8 + 32;

    public DigestChanges {
        if (digests.size() > MAX) {
            throw new IllegalArgumentException(digests.size() + " changes are more than " + MAX);
        }
        digests = Collections.unmodifiableSortedMap(digests);
    }

    /** Length of the largest that there can be. */
    public static long maxBytes() {
        return FRAME_BYTES + (long) MAX * (Long.BYTES + BlockDigest.LENGTH);
    }

    /** Does not close the target. */
    public void write(OutputStream target) throws IOException {
        MessageDigest checksum = BlockDigest.sha256();
        DataOutputStream out = new DataOutputStream(new DigestOutputStream(target, checksum));
        out.writeLong(MAGIC);
        out.writeLong(diskBytes);
        out.writeInt(blockSize);
        out.writeInt(digests.size());
        out.write(HexFormat.of().parseHex(base));
        out.write(HexFormat.of().parseHex(outcome.root()));
        out.writeLong(outcome.blocks());
        for (Map.Entry<Long, BlockDigest> change : digests.entrySet()) {
            out.writeLong(change.getKey());
            out.write(change.getValue().bytes());
        }
        out.flush();
        target.write(checksum.digest());
        target.flush();
    }

    /**
     * Reads to the end of the stream and does not close it.
     *
     * @throws CorruptDigestFileException if it is anything else than what {@link #write} writes
     */
    public static DigestChanges read(InputStream source) throws IOException {
        MessageDigest checksum = BlockDigest.sha256();
        DataInputStream in = new DataInputStream(new DigestInputStream(source, checksum));
        try {
            if (in.readLong() != MAGIC) {
                throw new CorruptDigestFileException("these are no changes of digests");
            }
            long diskBytes = in.readLong();
            int blockSize = in.readInt();
            int count = in.readInt();
            if (diskBytes < 0 || blockSize < 512 || blockSize > 1 << 24 || count < 0 || count > MAX) {
                throw new CorruptDigestFileException("disk size " + diskBytes + ", block size " + blockSize + " or "
                        + count + " changes are absurd");
            }
            String base = hex(in);
            String root = hex(in);
            long blocks = in.readLong();
            NavigableMap<Long, BlockDigest> digests = new TreeMap<>();
            long before = -1;
            for (int i = 0; i < count; i++) {
                long block = in.readLong();
                if (block <= before || block >= (diskBytes + blockSize - 1) / blockSize) {
                    throw new CorruptDigestFileException("block " + block + " is out of order or bounds");
                }
                before = block;
                byte[] digest = new byte[BlockDigest.LENGTH];
                in.readFully(digest);
                digests.put(block, BlockDigest.ofBytes(digest));
            }
            byte[] expected = checksum.digest();
            if (!MessageDigest.isEqual(expected, source.readNBytes(BlockDigest.LENGTH)) || source.read() >= 0) {
                throw new CorruptDigestFileException("the checksum at the end of the changes does not match");
            }
            return new DigestChanges(diskBytes, blockSize, base, new DigestTree.Outcome(root, blocks), digests);
        } catch (EOFException e) {
            throw new CorruptDigestFileException("the changes are cut short", e);
        }
    }

    private static String hex(DataInputStream in) throws IOException {
        byte[] bytes = new byte[BlockDigest.LENGTH];
        in.readFully(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
