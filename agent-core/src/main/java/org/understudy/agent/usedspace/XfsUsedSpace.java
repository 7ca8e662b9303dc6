package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.layout.DiskBytes;

/**
 * Maps XFS version 4 and 5: everything is in use but what the free-space B+tree by block number of each allocation group lists
 * ({@code fs/xfs/libxfs/xfs_format.h}). The log of a frozen file system looks dirty although all records are on the medium, so it is
 * asked only if the state is not known.
 */
final class XfsUsedSpace implements FileSystemMap {

    private static final int V5_HEADER = 56;
    private static final int V4_HEADER = 16;
    /** Free inode B+tree, reverse map, reference counts, inode counts. */
    private static final int RO_KNOWN = 0xf;
    /**
     * Up to metadata directories (0x100), but neither "needs repair" (0x10) nor zoned devices (0x200 and above), whose realtime part
     * lies on the same device.
     */
    private static final int INCOMPAT_KNOWN = 0x1ef;

    @Override
    public String addUsed(DiskReader disk, MetadataState state, ExtentCollector used)
            throws IOException, UnmappableException {
        Volume volume = new Volume(disk, ByteOrder.BIG_ENDIAN);
        Geometry geometry = Geometry.read(volume);
        if (state == MetadataState.UNSETTLED) {
            require(geometry.logStart() != 0, "its log is on another device and may be dirty");
            require(geometry.logIsClean(volume), "its log may have to be replayed");
        }
        for (int group = 0; group < geometry.groups(); group++) {
            addGroup(volume, geometry, group, used);
        }
        Bitmaps.addTail(geometry.blocks() * geometry.blockSize(), disk.sizeBytes(), used);
        return "";
    }

    private static void addGroup(Volume volume, Geometry geometry, int group, ExtentCollector used)
            throws IOException, UnmappableException {
        long base = group * geometry.groupBlocks() * geometry.blockSize();
        ByteBuffer agf = volume.read(base + geometry.sectorSize(), geometry.sectorSize(), "an AGF");
        long length = Integer.toUnsignedLong(agf.getInt(12));
        require(
                DiskBytes.has(agf, 0, "XAGF")
                        && agf.getInt(4) == 1
                        && agf.getInt(8) == group
                        && length == geometry.blocksIn(group),
                "the free-space header of an allocation group is damaged");
        require(geometry.isSound(agf, geometry.sectorSize(), 64, 216), "the checksum of an AGF is wrong");
        long block = Integer.toUnsignedLong(agf.getInt(16));
        int level = agf.getInt(28);
        require(level >= 1 && level <= 9, "an impossible height of a free-space tree");
        ByteBuffer node = node(volume, geometry, base, block, length, level - 1);
        while (level > 1) {
            int maxRecords = (geometry.blockSize() - geometry.headerBytes()) / 12;
            block = Integer.toUnsignedLong(node.getInt(geometry.headerBytes() + 8 * maxRecords));
            level--;
            node = node(volume, geometry, base, block, length, level - 1);
        }
        long free = 0;
        long next = 0;
        while (true) {
            int records = node.getShort(6) & 0xffff;
            for (int i = 0; i < records; i++) {
                int at = geometry.headerBytes() + 8 * i;
                long start = Integer.toUnsignedLong(node.getInt(at));
                long count = Integer.toUnsignedLong(node.getInt(at + 4));
                // Strict order also ends a forged chain of siblings.
                require(
                        start > next - (next == 0 ? 1 : 0) && count > 0 && start + count <= length,
                        "a free-space record is out of order");
                used.add(base + next * geometry.blockSize(), base + start * geometry.blockSize());
                next = start + count;
                free += count;
            }
            long sibling = Integer.toUnsignedLong(node.getInt(12));
            if (sibling == 0xffffffffL) {
                break;
            }
            require(records > 0, "a node of a free-space tree is empty");
            node = node(volume, geometry, base, sibling, length, 0);
        }
        used.add(base + next * geometry.blockSize(), base + length * geometry.blockSize());
        require(
                free == Integer.toUnsignedLong(agf.getInt(52)),
                "the free-space tree and its header disagree about the number of free blocks");
    }

    private static ByteBuffer node(Volume volume, Geometry geometry, long base, long block, long length, int level)
            throws IOException, UnmappableException {
        require(block < length, "a free-space tree leaves its allocation group");
        long at = base + block * geometry.blockSize();
        ByteBuffer node = volume.read(at, geometry.blockSize(), "a free-space tree");
        boolean v5 = geometry.version5();
        int records = node.getShort(6) & 0xffff;
        int room = (geometry.blockSize() - geometry.headerBytes()) / (level == 0 ? 8 : 12);
        require(
                DiskBytes.has(node, 0, v5 ? "AB3B" : "ABTB")
                        && (node.getShort(4) & 0xffff) == level
                        && records <= room
                        && (level == 0 || records > 0),
                "a node of a free-space tree is damaged");
        require(geometry.isSound(node, geometry.blockSize(), 32, 52), "the checksum of a free-space tree is wrong");
        require(!v5 || node.getLong(16) == at / 512, "a node of a free-space tree lies at a wrong place");
        return node;
    }

    /** The checked numbers of a superblock; lengths count file-system blocks. */
    private record Geometry(
            boolean version5,
            int blockSize,
            int sectorSize,
            long blocks,
            long groupBlocks,
            int groups,
            int groupLog,
            long logStart,
            long logBlocks,
            ByteBuffer metaUuid) {

        static Geometry read(Volume volume) throws IOException, UnmappableException {
            ByteBuffer sb = volume.read(0, 512, "the superblock");
            int version = sb.getShort(100) & 0xf;
            require(
                    DiskBytes.has(sb, 0, "XFSB") && (version == 4 || version == 5),
                    "an unknown version of the file system");
            int blockSize = sb.getInt(4);
            int sectorSize = sb.getShort(102) & 0xffff;
            require(
                    isPower(blockSize, 512, 65536)
                            && isPower(sectorSize, 512, 32768)
                            && sectorSize <= blockSize
                            && 1 << sb.get(120) == blockSize,
                    "impossible sizes in the superblock");
            require(sb.get(126) == 0, "the file system was not made completely");
            long blocks = sb.getLong(8);
            long groupBlocks = Integer.toUnsignedLong(sb.getInt(84));
            long groups = Integer.toUnsignedLong(sb.getInt(88));
            int groupLog = sb.get(124);
            require(
                    blocks > 0
                            && blocks <= volume.sizeBytes() / blockSize
                            && groupBlocks >= 64
                            && groupBlocks * blockSize >= 4L * sectorSize
                            && groups == (blocks + groupBlocks - 1) / groupBlocks
                            && groups <= Integer.MAX_VALUE
                            && groupLog > 0
                            && groupLog < 32
                            && groupBlocks <= 1L << groupLog,
                    "the file system is larger than its partition or its groups are impossible");
            ByteBuffer uuid = sb.duplicate().position(32).limit(48).slice();
            if (version == 5) {
                require((sb.getInt(212) & ~RO_KNOWN) == 0, "unsupported read-only features");
                int incompatible = sb.getInt(216);
                require((incompatible & ~INCOMPAT_KNOWN) == 0, "unsupported incompatible features");
                if ((incompatible & 4) != 0) {
                    uuid = sb.duplicate().position(248).limit(264).slice();
                }
            }
            Geometry geometry = new Geometry(
                    version == 5,
                    blockSize,
                    sectorSize,
                    blocks,
                    groupBlocks,
                    (int) groups,
                    groupLog,
                    sb.getLong(48),
                    Integer.toUnsignedLong(sb.getInt(96)),
                    uuid);
            ByteBuffer whole = volume.read(0, sectorSize, "the superblock");
            require(geometry.checksumIsRight(whole, sectorSize, 224), "the superblock's checksum is wrong");
            return geometry;
        }

        private static boolean isPower(int value, int least, int most) {
            return value >= least && value <= most && Integer.bitCount(value) == 1;
        }

        int headerBytes() {
            return version5 ? V5_HEADER : V4_HEADER;
        }

        long blocksIn(int group) {
            return Math.min(groupBlocks, blocks - group * groupBlocks);
        }

        /** Checksum and owner of a version 5 record; true for version 4, which has none. */
        boolean isSound(ByteBuffer block, int length, int uuidAt, int checksumAt) {
            return !version5
                    || block.duplicate()
                                    .position(uuidAt)
                                    .limit(uuidAt + 16)
                                    .slice()
                                    .equals(metaUuid)
                            && checksumIsRight(block, length, checksumAt);
        }

        private boolean checksumIsRight(ByteBuffer block, int length, int checksumAt) {
            return !version5
                    || Checksums.crc32cWithHole(block, length, checksumAt)
                            == Integer.reverseBytes(block.getInt(checksumAt));
        }

        boolean logIsClean(Volume volume) throws IOException, UnmappableException {
            long group = logStart >>> groupLog;
            long inside = logStart & (1L << groupLog) - 1;
            require(
                    group < groups && inside <= blocksIn((int) group) - logBlocks && logBlocks > 0,
                    "its log lies outside of the file system");
            long start = (group * groupBlocks + inside) * blockSize;
            return new XfsLog(volume, start, logBlocks * blockSize / 512).isClean();
        }
    }
}
