package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;

/**
 * Maps ext2, ext3 and ext4 by their block bitmaps. Groups whose bitmap was never written are computed, not read. If the journal has
 * to be replayed, the records are read as they will be after the replay, joined with what they are before it.
 */
final class ExtUsedSpace implements FileSystemMap {

    private static final int VALID = 1;
    private static final int ERRORS = 2;
    private static final int BLOCK_UNINIT = 2;

    @Override
    public String addUsed(DiskReader disk, MetadataState state, ExtentCollector used)
            throws IOException, UnmappableException {
        Volume volume = new Volume(disk, ByteOrder.LITTLE_ENDIAN);
        ExtSuperblock sb =
                new ExtSuperblock(volume.read(ExtSuperblock.OFFSET, 1024, "the superblock"), disk.sizeBytes());
        require((sb.state & ERRORS) == 0, "the file system is marked as having errors");
        String remark = "";
        ExtReplay replay = null;
        if (sb.needsRecovery()) {
            replay = ExtReplay.of(volume, sb);
            remark = replay.isEmpty() ? "" : "as after the replay of its journal";
            sb = replay.superblock();
        } else if (!sb.hasJournal() && state == MetadataState.UNSETTLED) {
            require((sb.state & VALID) != 0, "it has no journal and was not unmounted cleanly");
        }
        new Groups(volume, sb, replay, used).addAll();
        used.add(0, Math.max(ExtSuperblock.OFFSET + 1024, sb.firstDataBlock * sb.blockSize));
        Bitmaps.addTail(sb.blocks * sb.blockSize, disk.sizeBytes(), used);
        return remark;
    }

    /** One pass over the groups of a file system. */
    private static final class Groups {

        private final Volume volume;
        private final ExtSuperblock sb;
        private final @Nullable ExtReplay replay;
        private final ExtentCollector used;

        Groups(Volume volume, ExtSuperblock sb, @Nullable ExtReplay replay, ExtentCollector used) {
            this.volume = volume;
            this.sb = sb;
            this.replay = replay;
            this.used = used;
        }

        void addAll() throws IOException, UnmappableException {
            int perBlock = sb.descriptorsPerBlock();
            for (int index = 0; index < sb.descriptorBlocks(); index++) {
                long tableBlock = sb.descriptorBlock(index);
                ByteBuffer table = block(tableBlock);
                boolean stale = isReplayed(tableBlock);
                ByteBuffer before = stale ? rawBlock(tableBlock) : table;
                addBlocks(tableBlock, 1);
                for (int i = 0; i < perBlock && index * perBlock + i < sb.groups; i++) {
                    int group = index * perBlock + i;
                    addGroup(group, table, i * sb.descriptorSize);
                    addBefore(group, before, i * sb.descriptorSize, stale);
                }
            }
        }

        private void addGroup(int group, ByteBuffer table, int at) throws IOException, UnmappableException {
            require(sb.descriptorIsSound(table, at, group), "the checksum of a group descriptor is wrong");
            addBlocks(sb.firstBlockOf(group), Math.min(sb.baseBlocks(group), sb.blocksIn(group)));
            long bitmapBlock = address(table, at, 0, 32);
            addBlocks(bitmapBlock, 1);
            addBlocks(address(table, at, 4, 36), 1);
            addBlocks(address(table, at, 8, 40), sb.inodeTableBlocks());
            if (isUninitialized(table, at)) {
                return;
            }
            ByteBuffer bitmap = block(bitmapBlock);
            require(sb.bitmapIsSound(bitmap, table, at), "the checksum of a block bitmap is wrong");
            int clusters = clusters(group);
            long set = addBitmap(group, bitmap);
            long free = table.getShort(at + 12) & 0xffff;
            free |= sb.descriptorSize >= 64 ? (long) (table.getShort(at + 44) & 0xffff) << 16 : 0;
            require(set + free == clusters, "a block bitmap and its group descriptor disagree");
        }

        /** Adds what the records said before the replay, unchecked since checkpoints may have written half of them. */
        private void addBefore(int group, ByteBuffer table, int at, boolean staleTable)
                throws IOException, UnmappableException {
            if (replay == null || isUninitialized(table, at)) {
                return;
            }
            long bitmapBlock = address(table, at, 0, 32);
            if (staleTable || isReplayed(bitmapBlock)) {
                addBitmap(group, rawBlock(bitmapBlock));
            }
        }

        private long addBitmap(int group, ByteBuffer bitmap) {
            long unit = (long) sb.blockSize * sb.clusterRatio;
            long end = sb.blocks * sb.blockSize;
            long base = sb.firstBlockOf(group) * sb.blockSize;
            int clusters = clusters(group);
            if (base + clusters * unit <= end) {
                return Bitmaps.addSet(bitmap, clusters, base, unit, used);
            }
            // The last cluster of a bigalloc file system may reach past its end.
            ExtentCollector last = new ExtentCollector();
            long set = Bitmaps.addSet(bitmap, clusters, base, unit, last);
            last.forEach((start, stop) -> used.add(start, Math.min(stop, end)));
            return set;
        }

        private int clusters(int group) {
            return (sb.blocksIn(group) + sb.clusterRatio - 1) / sb.clusterRatio;
        }

        private boolean isUninitialized(ByteBuffer table, int at) {
            return sb.descriptorChecksums() && (table.getShort(at + 18) & BLOCK_UNINIT) != 0;
        }

        private long address(ByteBuffer table, int at, int low, int high) {
            long address = Integer.toUnsignedLong(table.getInt(at + low));
            return sb.descriptorSize >= 64 ? address | (long) table.getInt(at + high) << 32 : address;
        }

        private void addBlocks(long first, long count) throws UnmappableException {
            require(
                    first >= 0 && count <= sb.blocks && first <= sb.blocks - count,
                    "a group descriptor points outside of the file system");
            used.add(first * sb.blockSize, (first + count) * sb.blockSize);
        }

        private ByteBuffer block(long number) throws IOException, UnmappableException {
            return replay == null ? rawBlock(number) : replay.block(number);
        }

        private boolean isReplayed(long number) {
            return replay != null && replay.covers(number);
        }

        private ByteBuffer rawBlock(long number) throws IOException, UnmappableException {
            require(number >= 0 && number < sb.blocks, "a record lies outside of the file system");
            return volume.read(number * sb.blockSize, sb.blockSize, "an allocation record");
        }
    }
}
