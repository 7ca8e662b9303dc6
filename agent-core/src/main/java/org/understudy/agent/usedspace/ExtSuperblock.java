package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.nio.ByteBuffer;

/**
 * The superblock of ext2, ext3 or ext4, its numbers proven to fit each other and the volume ({@code fs/ext4/ext4.h}). Block numbers
 * count file-system blocks.
 */
final class ExtSuperblock {

    static final int OFFSET = 1024;

    static final int INCOMPAT_RECOVER = 0x4;
    private static final int INCOMPAT_META_BG = 0x10;
    private static final int INCOMPAT_64BIT = 0x80;
    private static final int INCOMPAT_FLEX_BG = 0x200;
    private static final int INCOMPAT_CSUM_SEED = 0x2000;
    /** Compression (0x1) and journal devices (0x8) are missing on purpose. */
    private static final int INCOMPAT_KNOWN = 0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x1000 | 0x2000
            | 0x4000 | 0x8000 | 0x10000 | 0x20000;

    private static final int RO_SPARSE_SUPER = 0x1;
    private static final int RO_GDT_CSUM = 0x10;
    private static final int RO_BIGALLOC = 0x200;
    private static final int RO_METADATA_CSUM = 0x400;
    /** Snapshots (0x80) and replicas (0x800) are missing on purpose. */
    private static final int RO_KNOWN = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200 | 0x400 | 0x1000
            | 0x2000 | 0x4000 | 0x8000 | 0x10000;

    private static final int COMPAT_HAS_JOURNAL = 0x4;
    private static final int COMPAT_SPARSE_SUPER2 = 0x200;

    /** Groups of other than full size are legal; this many of them are not real. */
    private static final long MAX_ODD_GROUPS = 1 << 20;

    final int blockSize;
    final long blocks;
    final long firstDataBlock;
    final int blocksPerGroup;
    final int clusterRatio;
    final int inodesPerGroup;
    final int inodeSize;
    final int groups;
    final int descriptorSize;
    final int reservedDescriptorBlocks;
    final long firstMetaGroup;
    final int state;
    final int incompatible;
    final int journalInode;
    final int checksumSeed;
    private final int compatible;
    private final int readOnly;
    private final int[] backupGroups;
    private final byte[] uuid = new byte[16];

    /** Reads the 1024 bytes of the superblock from the buffer's start. */
    ExtSuperblock(ByteBuffer sb, long volumeBytes) throws UnmappableException {
        require((sb.getShort(56) & 0xffff) == 0xef53, "the superblock's magic is wrong");
        compatible = sb.getInt(92);
        incompatible = sb.getInt(76) == 0 ? 0 : sb.getInt(96);
        readOnly = sb.getInt(76) == 0 ? 0 : sb.getInt(100);
        require((incompatible & ~INCOMPAT_KNOWN) == 0, "unsupported incompatible features " + hex(incompatible));
        require((readOnly & ~RO_KNOWN) == 0, "unsupported read-only features " + hex(readOnly));
        sb.get(104, uuid);
        if (metadataChecksums()) {
            require(sb.get(0x175) == 1, "an unknown checksum type");
            require(Checksums.crc32cRaw(-1, sb, 0, 0x3fc) == sb.getInt(0x3fc), "the superblock's checksum is wrong");
        }
        boolean seeded = (incompatible & INCOMPAT_CSUM_SEED) != 0;
        checksumSeed = seeded ? sb.getInt(0x270) : Checksums.crc32cRaw(-1, uuid);
        state = sb.getShort(58);
        require(sb.getInt(24) >= 0 && sb.getInt(24) <= 6, "an impossible block size");
        blockSize = 1024 << sb.getInt(24);
        boolean wide = (incompatible & INCOMPAT_64BIT) != 0;
        blocks = Integer.toUnsignedLong(sb.getInt(4)) | (wide ? (long) sb.getInt(0x150) << 32 : 0);
        firstDataBlock = Integer.toUnsignedLong(sb.getInt(20));
        require(
                blocks > firstDataBlock && blocks <= volumeBytes / blockSize,
                "the file system is larger than its partition");
        require(firstDataBlock == (blockSize == 1024 && !bigalloc() ? 1 : 0), "an impossible first data block");
        int clusterLog = bigalloc() ? sb.getInt(28) - sb.getInt(24) : 0;
        require(clusterLog >= 0 && clusterLog <= 16, "an impossible cluster size");
        clusterRatio = 1 << clusterLog;
        blocksPerGroup = sb.getInt(32);
        int full = 8 * blockSize * clusterRatio;
        require(
                blocksPerGroup >= 256 && full > 0 && blocksPerGroup <= full && blocksPerGroup % (8 * clusterRatio) == 0,
                "an impossible number of blocks per group");
        long count = (blocks - firstDataBlock + blocksPerGroup - 1) / blocksPerGroup;
        require(
                count <= Integer.MAX_VALUE / 2 && (blocksPerGroup == full || count <= MAX_ODD_GROUPS),
                "an impossible number of groups");
        groups = (int) count;
        inodesPerGroup = sb.getInt(40);
        inodeSize = sb.getInt(76) == 0 ? 128 : sb.getShort(88) & 0xffff;
        require(
                inodesPerGroup > 0
                        && inodesPerGroup <= 8 * blockSize
                        && inodeSize >= 128
                        && inodeSize <= blockSize
                        && Integer.bitCount(inodeSize) == 1,
                "impossible inode sizes");
        descriptorSize = wide ? sb.getShort(0xfe) & 0xffff : 32;
        require(
                descriptorSize >= 32
                        && (!wide || descriptorSize >= 64)
                        && descriptorSize <= blockSize
                        && Integer.bitCount(descriptorSize) == 1,
                "an impossible size of group descriptors");
        reservedDescriptorBlocks = sb.getShort(0xce) & 0xffff;
        firstMetaGroup = metaGroups() ? Integer.toUnsignedLong(sb.getInt(0x104)) : Long.MAX_VALUE;
        journalInode = (compatible & COMPAT_HAS_JOURNAL) != 0 ? sb.getInt(0xe0) : 0;
        backupGroups = new int[] {sb.getInt(0x24c), sb.getInt(0x250)};
    }

    private static String hex(int bits) {
        return "0x" + Integer.toHexString(bits);
    }

    boolean hasJournal() {
        return (compatible & COMPAT_HAS_JOURNAL) != 0;
    }

    boolean needsRecovery() {
        return (incompatible & INCOMPAT_RECOVER) != 0;
    }

    boolean metadataChecksums() {
        return (readOnly & RO_METADATA_CSUM) != 0;
    }

    boolean descriptorChecksums() {
        return (readOnly & (RO_METADATA_CSUM | RO_GDT_CSUM)) != 0;
    }

    boolean flexibleGroups() {
        return (incompatible & INCOMPAT_FLEX_BG) != 0;
    }

    private boolean bigalloc() {
        return (readOnly & RO_BIGALLOC) != 0;
    }

    private boolean metaGroups() {
        return (incompatible & INCOMPAT_META_BG) != 0;
    }

    int descriptorsPerBlock() {
        return blockSize / descriptorSize;
    }

    int descriptorBlocks() {
        return (groups + descriptorsPerBlock() - 1) / descriptorsPerBlock();
    }

    int inodeTableBlocks() {
        return (int) (((long) inodesPerGroup * inodeSize + blockSize - 1) / blockSize);
    }

    long firstBlockOf(long group) {
        return firstDataBlock + group * blocksPerGroup;
    }

    /** Blocks of the group; the last one may be shorter. */
    int blocksIn(int group) {
        return (int) Math.min(blocksPerGroup, blocks - firstBlockOf(group));
    }

    /** Where the {@code index}-th block of the descriptor table lies ({@code descriptor_loc} in {@code super.c}). */
    long descriptorBlock(int index) {
        if (index < firstMetaGroup) {
            return OFFSET / blockSize + 1L + index;
        }
        long group = (long) index * descriptorsPerBlock();
        long at = firstBlockOf(group) + (hasSuperblock(group) ? 1 : 0);
        return blockSize == 1024 && index == 0 && firstDataBlock == 0 ? at + 1 : at;
    }

    /** Blocks at the start of a group for its copy of superblock and descriptors ({@code balloc.c}). */
    long baseBlocks(int group) {
        boolean copy = hasSuperblock(group);
        long own = copy ? 1 : 0;
        long metaGroup = group / descriptorsPerBlock();
        if (metaGroup < firstMetaGroup) {
            long table = metaGroups() ? Math.min(firstMetaGroup, descriptorBlocks()) : descriptorBlocks();
            own += copy ? table + reservedDescriptorBlocks : 0;
        } else {
            int place = group % descriptorsPerBlock();
            own += place == 0 || place == 1 || place == descriptorsPerBlock() - 1 ? 1 : 0;
        }
        // With 1 KiB blocks and bigalloc the superblock is block 1 of group 0.
        return group == 0 && OFFSET / blockSize > firstDataBlock ? own + 1 : own;
    }

    private boolean hasSuperblock(long group) {
        if (group == 0) {
            return true;
        }
        if ((compatible & COMPAT_SPARSE_SUPER2) != 0) {
            return group == backupGroups[0] || group == backupGroups[1];
        }
        if ((readOnly & RO_SPARSE_SUPER) == 0 || group == 1) {
            return true;
        }
        return isPower(group, 3) || isPower(group, 5) || isPower(group, 7);
    }

    private static boolean isPower(long value, int base) {
        long power = base;
        while (power < value) {
            power *= base;
        }
        return power == value;
    }

    /** Whether the stored checksum of a descriptor is right; true if the file system has none. */
    boolean descriptorIsSound(ByteBuffer table, int at, int group) {
        if (!descriptorChecksums()) {
            return true;
        }
        ByteBuffer number = ByteBuffer.wrap(
                new byte[] {(byte) group, (byte) (group >> 8), (byte) (group >> 16), (byte) (group >> 24)});
        int stored = table.getShort(at + 30) & 0xffff;
        int rest = descriptorSize - 32;
        if (metadataChecksums()) {
            int crc = Checksums.crc32cRaw(checksumSeed, number, 0, 4);
            crc = Checksums.crc32cRaw(crc, table, at, 30);
            crc = Checksums.crc32cRaw(crc, (byte) 0, (byte) 0);
            return (Checksums.crc32cRaw(crc, table, at + 32, rest) & 0xffff) == stored;
        }
        int crc = Checksums.crc16(0xffff, ByteBuffer.wrap(uuid), 0, 16);
        crc = Checksums.crc16(crc, number, 0, 4);
        crc = Checksums.crc16(crc, table, at, 30);
        return Checksums.crc16(crc, table, at + 32, rest) == stored;
    }

    /** Whether a block bitmap's checksum in its descriptor is right; true if the file system has none. */
    boolean bitmapIsSound(ByteBuffer bitmap, ByteBuffer table, int at) {
        if (!metadataChecksums()) {
            return true;
        }
        int crc = Checksums.crc32cRaw(checksumSeed, bitmap, 0, blocksPerGroup / clusterRatio / 8);
        boolean low = (crc & 0xffff) == (table.getShort(at + 24) & 0xffff);
        return low && (descriptorSize < 58 || crc >>> 16 == (table.getShort(at + 56) & 0xffff));
    }
}
