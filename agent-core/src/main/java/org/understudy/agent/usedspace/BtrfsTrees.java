package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Walks the B-trees of a btrfs, every node checked for checksum, owner, place, generation, level and order of keys. */
final class BtrfsTrees {

    private static final int HEADER = 101;
    private static final int ITEM = 25;
    private static final int POINTER = 33;
    private static final int MAX_LEVEL = 7;

    /** Receives items in the order of their keys. */
    @FunctionalInterface
    interface Items {

        /** The item's data are {@code [at, at + size)} of the leaf. */
        void accept(long objectId, int type, long offset, ByteBuffer leaf, int at, int size)
                throws IOException, UnmappableException;
    }

    /** Told of every node that a walk reads. */
    @FunctionalInterface
    interface Nodes {
        void accept(long logical) throws UnmappableException;
    }

    private record Key(long objectId, int type, long offset) implements Comparable<Key> {
        static Key at(ByteBuffer node, int at) {
            return new Key(node.getLong(at), node.get(at + 8) & 0xff, node.getLong(at + 9));
        }

        @Override
        public int compareTo(Key other) {
            int byObject = Long.compareUnsigned(objectId, other.objectId);
            int byType = byObject != 0 ? byObject : Integer.compare(type, other.type);
            return byType != 0 ? byType : Long.compareUnsigned(offset, other.offset);
        }
    }

    private final Volume volume;
    private final BtrfsSuperblock superblock;
    private final BtrfsChunks chunks;
    private long nodesLeft;

    BtrfsTrees(Volume volume, BtrfsSuperblock superblock, BtrfsChunks chunks) {
        this.volume = volume;
        this.superblock = superblock;
        this.chunks = chunks;
        this.nodesLeft = superblock.deviceBytes / superblock.nodeSize;
    }

    void walk(long root, int level, long generation, Items items) throws IOException, UnmappableException {
        walk(root, level, generation, items, logical -> {});
    }

    void walk(long root, int level, long generation, Items items, Nodes nodes) throws IOException, UnmappableException {
        require(level <= MAX_LEVEL, "a tree is impossibly high");
        new Walk(items, nodes).node(root, level, generation);
    }

    private ByteBuffer read(long logical, int level, long generation) throws IOException, UnmappableException {
        require(--nodesLeft >= 0, "its trees have more nodes than the device has room for");
        UnmappableException damage = null;
        for (long place : chunks.places(logical, superblock.nodeSize)) {
            ByteBuffer node = volume.read(place, superblock.nodeSize, "a tree");
            try {
                requireSound(node, logical, level, generation);
                return node;
            } catch (UnmappableException e) {
                damage = e;
            }
        }
        throw damage != null ? damage : new UnmappableException("a tree has no place");
    }

    private void requireSound(ByteBuffer node, long logical, int level, long generation) throws UnmappableException {
        require(superblock.checksum.matches(node), "the checksum of a tree is wrong");
        int items = node.getInt(96);
        int room = (superblock.nodeSize - HEADER) / (level == 0 ? ITEM : POINTER);
        require(
                node.duplicate().position(32).limit(48).slice().equals(superblock.treeUuid)
                        && node.getLong(48) == logical
                        && node.getLong(80) == generation
                        && (node.get(100) & 0xff) == level
                        && items >= 0
                        && items <= room
                        && (items > 0 || level == 0),
                "a node of a tree is damaged or from another time");
    }

    private final class Walk {

        private final Items items;
        private final Nodes nodes;
        private Key last = new Key(0, 0, 0);
        private boolean any;

        Walk(Items items, Nodes nodes) {
            this.items = items;
            this.nodes = nodes;
        }

        void node(long logical, int level, long generation) throws IOException, UnmappableException {
            ByteBuffer node = read(logical, level, generation);
            nodes.accept(logical);
            int count = node.getInt(96);
            if (level == 0) {
                leaf(node, count);
                return;
            }
            for (int i = 0; i < count; i++) {
                int at = HEADER + POINTER * i;
                node(node.getLong(at + 17), level - 1, node.getLong(at + 25));
            }
        }

        private void leaf(ByteBuffer leaf, int count) throws IOException, UnmappableException {
            for (int i = 0; i < count; i++) {
                int at = HEADER + ITEM * i;
                Key key = Key.at(leaf, at);
                require(!any || key.compareTo(last) > 0, "the keys of a tree are out of order");
                any = true;
                last = key;
                long offset = Integer.toUnsignedLong(leaf.getInt(at + 17));
                long size = Integer.toUnsignedLong(leaf.getInt(at + 21));
                require(HEADER + offset + size <= leaf.limit(), "an item leaves its leaf");
                items.accept(key.objectId(), key.type(), key.offset(), leaf, (int) (HEADER + offset), (int) size);
            }
        }
    }
}
