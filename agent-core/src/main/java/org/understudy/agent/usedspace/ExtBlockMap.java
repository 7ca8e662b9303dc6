package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/** Where the blocks of an inode lie, by its extent tree or its indirect blocks. Only for small inodes such as the journal. */
final class ExtBlockMap {

    private static final int EXTENTS_FLAG = 0x80000;
    /** Far more than any journal (1 GiB in 4 KiB blocks by default, 10 GiB at most); bounds what a forged inode costs. */
    private static final long MAX_BLOCKS = 10L << 20;

    private record Run(long block, long length) {}

    private final Volume volume;
    private final ExtSuperblock sb;
    private final TreeMap<Long, Run> runs = new TreeMap<>();
    private long length;
    private int treeBlocksLeft = 4096;

    private ExtBlockMap(Volume volume, ExtSuperblock sb) {
        this.volume = volume;
        this.sb = sb;
    }

    static ExtBlockMap ofInode(Volume volume, ExtSuperblock sb, int inode) throws IOException, UnmappableException {
        ExtBlockMap map = new ExtBlockMap(volume, sb);
        map.load(inode);
        return map;
    }

    /** Number of blocks. */
    long length() {
        return length;
    }

    /** Block of the file system that holds the {@code index}-th block of the inode. */
    long block(long index) throws UnmappableException {
        Map.Entry<Long, Run> run = Volume.present(runs.floorEntry(index), "the journal has a hole");
        require(index < run.getKey() + run.getValue().length(), "the journal has a hole");
        return run.getValue().block() + index - run.getKey();
    }

    private void load(int inode) throws IOException, UnmappableException {
        long group = Integer.toUnsignedLong(inode - 1) / sb.inodesPerGroup;
        require(inode > 0 && group < sb.groups, "the journal's inode number is impossible");
        int perBlock = sb.descriptorsPerBlock();
        ByteBuffer table = block(sb.descriptorBlock((int) group / perBlock), "a group descriptor");
        int at = (int) group % perBlock * sb.descriptorSize;
        long inodeTable = Integer.toUnsignedLong(table.getInt(at + 8));
        inodeTable |= sb.descriptorSize >= 64 ? (long) table.getInt(at + 40) << 32 : 0;
        require(inodeTable >= 0 && inodeTable < sb.blocks, "an inode table lies outside of the file system");
        long index = (inode - 1L) % sb.inodesPerGroup;
        ByteBuffer bytes = volume.read(inodeTable * sb.blockSize + index * sb.inodeSize, 128, "the journal's inode");
        require((bytes.getShort(0) & 0xf000) == 0x8000, "the journal's inode is no file");
        long size = Integer.toUnsignedLong(bytes.getInt(4)) | (long) bytes.getInt(108) << 32;
        length = size / sb.blockSize;
        require(size > 0 && length > 0 && length <= MAX_BLOCKS, "the journal's size is impossible");
        if ((bytes.getInt(32) & EXTENTS_FLAG) != 0) {
            addExtents(bytes.position(40).limit(100).slice().order(bytes.order()), 6);
        } else {
            addIndirect(bytes);
        }
    }

    private ByteBuffer block(long number, String what) throws IOException, UnmappableException {
        require(number >= 0 && number < sb.blocks, what + " lies outside of the file system");
        return volume.read(number * sb.blockSize, sb.blockSize, what);
    }

    private void addExtents(ByteBuffer node, int depthLeft) throws IOException, UnmappableException {
        require(depthLeft > 0 && --treeBlocksLeft > 0, "the journal's extent tree is too large");
        int entries = node.getShort(2) & 0xffff;
        require(
                (node.getShort(0) & 0xffff) == 0xf30a && 12 + 12 * entries <= node.limit(),
                "the journal's extent tree is damaged");
        int depth = node.getShort(6) & 0xffff;
        for (int i = 0; i < entries; i++) {
            int at = 12 + 12 * i;
            if (depth == 0) {
                long start = Integer.toUnsignedLong(node.getInt(at + 8)) | (node.getShort(at + 6) & 0xffffL) << 32;
                addRun(Integer.toUnsignedLong(node.getInt(at)), start, node.getShort(at + 4) & 0xffff);
            } else {
                long child = Integer.toUnsignedLong(node.getInt(at + 4)) | (node.getShort(at + 8) & 0xffffL) << 32;
                addExtents(block(child, "the journal's extent tree"), depthLeft - 1);
            }
        }
    }

    private void addRun(long index, long start, long count) throws UnmappableException {
        require(
                count > 0 && count <= 32768 && start > 0 && start <= sb.blocks - count,
                "the journal's extent tree is damaged");
        runs.put(index, new Run(start, count));
    }

    private void addIndirect(ByteBuffer inode) throws IOException, UnmappableException {
        long index = 0;
        for (int i = 0; i < 12 && index < length; i++) {
            addSingle(index++, Integer.toUnsignedLong(inode.getInt(40 + 4 * i)));
        }
        for (int level = 1; level <= 3 && index < length; level++) {
            index = addTree(index, Integer.toUnsignedLong(inode.getInt(40 + 4 * (11 + level))), level);
        }
    }

    private long addTree(long from, long node, int level) throws IOException, UnmappableException {
        require(--treeBlocksLeft > 0, "the journal's block map is too large");
        ByteBuffer pointers = block(node, "the journal's block map");
        long index = from;
        for (int at = 0; at < sb.blockSize && index < length; at += 4) {
            long pointer = Integer.toUnsignedLong(pointers.getInt(at));
            if (level == 1) {
                addSingle(index++, pointer);
            } else {
                index = addTree(index, pointer, level - 1);
            }
        }
        return index;
    }

    private void addSingle(long index, long block) throws UnmappableException {
        require(block > 0 && block < sb.blocks, "the journal has a hole");
        Map.Entry<Long, Run> last = runs.lastEntry();
        if (last != null
                && last.getKey() + last.getValue().length() == index
                && last.getValue().block() + last.getValue().length() == block) {
            runs.put(
                    last.getKey(),
                    new Run(last.getValue().block(), last.getValue().length() + 1));
        } else {
            runs.put(index, new Run(block, 1));
        }
    }
}
