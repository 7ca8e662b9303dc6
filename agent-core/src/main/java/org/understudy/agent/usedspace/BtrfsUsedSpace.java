package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;

/**
 * Maps a btrfs on one device by its extent tree. The superblock always names a complete commit, so it makes no difference whether
 * the file system was unmounted; what was synced after that commit is found by walking its log trees.
 */
final class BtrfsUsedSpace implements FileSystemMap {

    private static final int ROOT_ITEM = 132;
    private static final int EXTENT_DATA = 108;
    private static final int EXTENT_ITEM = 168;
    private static final int METADATA_ITEM = 169;
    private static final int CHUNK_ITEM = 228;
    private static final long EXTENT_TREE = 2;
    private static final long LOG_TREES = -6;
    /** No chunk is ever put there; boot loaders are. */
    private static final long RESERVED_BYTES = 1L << 20;

    @Override
    public String addUsed(DiskReader disk, MetadataState state, ExtentCollector used)
            throws IOException, UnmappableException {
        new Parser(new Volume(disk, ByteOrder.LITTLE_ENDIAN), used).addAll();
        return "";
    }

    private record Root(long bytenr, int level, long generation) {}

    private static final class Parser {

        private final Volume volume;
        private final BtrfsSuperblock superblock;
        private final BtrfsChunks chunks;
        private final BtrfsChunks allChunks;
        private final BtrfsTrees trees;
        private final ExtentCollector used;
        private @Nullable Root extentRoot;
        private long extentBytes;

        Parser(Volume volume, ExtentCollector used) throws IOException, UnmappableException {
            this.volume = volume;
            this.used = used;
            superblock = new BtrfsSuperblock(volume);
            chunks = new BtrfsChunks(superblock.deviceId, superblock.deviceBytes);
            addSystemChunks(superblock.bytes);
            BtrfsChunks all = new BtrfsChunks(superblock.deviceId, superblock.deviceBytes);
            new BtrfsTrees(volume, superblock, chunks)
                    .walk(
                            superblock.chunkTree(),
                            superblock.chunkLevel(),
                            superblock.chunkGeneration(),
                            (id, type, offset, leaf, at, size) -> {
                                if (type == CHUNK_ITEM) {
                                    all.add(offset, leaf, at, at + size);
                                }
                            });
            trees = new BtrfsTrees(volume, superblock, all);
            allChunks = all;
        }

        private void addSystemChunks(ByteBuffer bytes) throws UnmappableException {
            int at = superblock.chunkArrayStart();
            while (at < superblock.chunkArrayEnd) {
                require(
                        at + 17 <= superblock.chunkArrayEnd && (bytes.get(at + 8) & 0xff) == CHUNK_ITEM,
                        "the superblock's chunk array is damaged");
                at += 17 + chunks.add(bytes.getLong(at + 9), bytes, at + 17, superblock.chunkArrayEnd);
            }
        }

        void addAll() throws IOException, UnmappableException {
            used.add(0, Math.min(RESERVED_BYTES, superblock.deviceBytes));
            for (long copy : BtrfsSuperblock.OFFSETS) {
                if (copy <= superblock.deviceBytes - BtrfsSuperblock.BYTES) {
                    used.add(copy, copy + BtrfsSuperblock.BYTES);
                }
            }
            trees.walk(
                    superblock.rootTree(),
                    superblock.rootLevel(),
                    superblock.generation(),
                    (id, type, offset, leaf, at, size) -> {
                        if (id == EXTENT_TREE && type == ROOT_ITEM && offset == 0) {
                            extentRoot = root(leaf, at, size);
                        }
                    });
            Root extents = Volume.present(extentRoot, "it has no extent tree");
            trees.walk(extents.bytenr(), extents.level(), extents.generation(), this::addExtent);
            require(
                    extentBytes == superblock.bytesUsed(),
                    "the extent tree and the superblock disagree about the used bytes");
            if (superblock.logTree() != 0) {
                addLog();
            }
            Bitmaps.addTail(superblock.deviceBytes, volume.sizeBytes(), used);
        }

        private static Root root(ByteBuffer leaf, int at, int size) throws UnmappableException {
            require(size >= 239, "a root item is damaged");
            return new Root(leaf.getLong(at + 176), leaf.get(at + 238) & 0xff, leaf.getLong(at + 160));
        }

        private void addExtent(long start, int type, long offset, ByteBuffer leaf, int at, int size)
                throws UnmappableException {
            if (type == EXTENT_ITEM || type == METADATA_ITEM) {
                long length = type == EXTENT_ITEM ? offset : superblock.nodeSize;
                require(start % superblock.sectorSize == 0, "an extent is not aligned");
                allChunks.addUsed(start, length, used);
                extentBytes += length;
            }
        }

        /** The nodes of the log trees and the extents in them are in no extent tree yet. */
        private void addLog() throws IOException, UnmappableException {
            BtrfsTrees.Nodes nodes = logical -> allChunks.addUsed(logical, superblock.nodeSize, used);
            long generation = superblock.generation() + 1;
            trees.walk(
                    superblock.logTree(),
                    superblock.logLevel(),
                    generation,
                    (id, type, offset, leaf, at, size) -> {
                        if (id == LOG_TREES && type == ROOT_ITEM) {
                            Root log = root(leaf, at, size);
                            trees.walk(log.bytenr(), log.level(), log.generation(), this::addLogged, nodes);
                        }
                    },
                    nodes);
        }

        private void addLogged(long id, int type, long offset, ByteBuffer leaf, int at, int size)
                throws UnmappableException {
            boolean inline = size > 20 && leaf.get(at + 20) == 0;
            if (type != EXTENT_DATA || inline) {
                return;
            }
            require(size >= 53, "a logged file extent is damaged");
            long start = leaf.getLong(at + 21);
            long length = leaf.getLong(at + 29);
            if (start != 0) {
                allChunks.addUsed(start, length, used);
            }
        }
    }
}
