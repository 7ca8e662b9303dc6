package org.understudy.agent.transfer;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.CorruptDigestFileException;
import org.understudy.core.digest.DigestChanges;
import org.understudy.core.digest.DigestTree;
import org.understudy.core.digest.DigestTrees;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * The digests of a head: those of its base, and over them in memory what the run changed. The base is not touched. Many changes, or no
 * base, make a tree of the run's own, in a file. So a run with few changes writes no file before its end, and does not change the
 * disk that it reads. Used by one thread.
 */
final class HeadDigests implements Closeable {

    /** Changes kept in memory, about 4 MB. */
    static final int MOST_IN_MEMORY = 1 << 15;

    private final String disk;
    private final @Nullable DigestTree base;
    private final @Nullable Path baseFile;
    private final Path ownFile;
    private final long diskBytes;
    private final int blockSize;
    private final NavigableMap<Long, BlockDigest> changes = new TreeMap<>();
    private @Nullable DigestTree own;

    /**
     * @param base null: all blocks are zero
     * @param ownFile where a tree of the run's own goes, if there must be one
     */
    HeadDigests(String disk, BaseDigests.@Nullable Base base, Path ownFile, long diskBytes, int blockSize) {
        this.disk = disk;
        this.base = base == null ? null : base.tree();
        baseFile = base == null ? null : base.file();
        this.ownFile = ownFile;
        this.diskBytes = diskBytes;
        this.blockSize = blockSize;
    }

    /** Digests that are not what was once written: the run cannot go on, and the base is not to be used again. */
    private RuntimeException damaged(CorruptDigestFileException cause) {
        return Problem.of(ProblemCode.DIGESTS_DAMAGED, "disk", disk)
                .withDetails(cause.getMessage())
                .asException(cause);
    }

    BlockDigest get(long block) throws IOException {
        BlockDigest changed = changes.get(block);
        if (changed != null) {
            return changed;
        }
        DigestTree stored = stored();
        try {
            return stored == null ? BlockDigest.ZERO : stored.get(block);
        } catch (CorruptDigestFileException e) {
            throw damaged(e);
        }
    }

    /** The first block from {@code block} on that is not zero, or -1. */
    long next(long block) throws IOException {
        long changed = nextChanged(block);
        long unchanged = nextUnchanged(block);
        if (changed < 0 || unchanged < 0) {
            return Math.max(changed, unchanged);
        }
        return Math.min(changed, unchanged);
    }

    private long nextChanged(long block) {
        for (Map.Entry<Long, BlockDigest> change : changes.tailMap(block, true).entrySet()) {
            if (!change.getValue().isZeroBlock()) {
                return change.getKey();
            }
        }
        return -1;
    }

    private long nextUnchanged(long block) throws IOException {
        DigestTree stored = stored();
        if (stored == null) {
            return -1;
        }
        try {
            long at = stored.next(block);
            while (at >= 0 && changes.containsKey(at)) {
                at = stored.next(at + 1);
            }
            return at;
        } catch (CorruptDigestFileException e) {
            throw damaged(e);
        }
    }

    /** The block has this digest from now on; zero if it was cleared. */
    void put(long block, BlockDigest digest) throws IOException {
        changes.put(block, digest);
        if (changes.size() > MOST_IN_MEMORY) {
            fold();
        }
    }

    /** Whether there are few changes, over a base of the same disk. */
    boolean isOverlay() {
        return own == null && base != null && base.diskBytes() == diskBytes && base.blockSize() == blockSize;
    }

    /** What differs from the base; only of an overlay. */
    DigestChanges changes() throws IOException {
        DigestTree before = base;
        if (before == null || !isOverlay()) {
            throw new IllegalStateException("there is no base of these digests");
        }
        try {
            NavigableMap<Long, BlockDigest> differing = new TreeMap<>();
            for (Map.Entry<Long, BlockDigest> change : changes.entrySet()) {
                if (!before.get(change.getKey()).equals(change.getValue())) {
                    differing.put(change.getKey(), change.getValue());
                }
            }
            return new DigestChanges(diskBytes, blockSize, before.root(), before.outcome(differing), differing);
        } catch (CorruptDigestFileException e) {
            throw damaged(e);
        }
    }

    /** Puts everything into the file of the run's own, which is whole and on the medium then. Returns what stands for it. */
    DigestTree.Outcome settle() throws IOException {
        DigestTree tree = fold();
        tree.force();
        return new DigestTree.Outcome(tree.root(), tree.blocks());
    }

    private DigestTree fold() throws IOException {
        DigestTree tree = own;
        if (tree == null) {
            tree = makeOwn();
            own = tree;
        }
        tree.replace(changes);
        changes.clear();
        return tree;
    }

    private DigestTree makeOwn() throws IOException {
        DigestTree before = base;
        if (before == null || baseFile == null) {
            return DigestTree.create(ownFile, diskBytes, blockSize);
        }
        if (isOverlay()) {
            DigestTrees.copy(baseFile, ownFile);
            return DigestTree.openToReplace(ownFile);
        }
        // The disk has grown.
        DigestTree grown = DigestTree.create(ownFile, diskBytes, blockSize);
        NavigableMap<Long, BlockDigest> batch = new TreeMap<>();
        long end = (diskBytes + blockSize - 1) / blockSize;
        for (long block = before.next(0); block >= 0 && block < end; block = before.next(block + 1)) {
            batch.put(block, before.get(block));
            if (batch.size() >= DigestTrees.BATCH) {
                grown.replace(batch);
                batch.clear();
            }
        }
        grown.replace(batch);
        return grown;
    }

    /** Bytes of the blocks that differ from the base. Cost follows the disk unless this is an overlay. */
    long changedBytes() throws IOException {
        if (isOverlay()) {
            return changes().digests().keySet().stream()
                    .mapToLong(this::bytesOf)
                    .sum();
        }
        long bytes = 0;
        long now = next(0);
        long before = base == null ? -1 : base.next(0);
        while (now >= 0 || before >= 0) {
            long block = now < 0 ? before : before < 0 ? now : Math.min(now, before);
            BlockDigest old = block == before && base != null ? base.get(block) : BlockDigest.ZERO;
            if (!get(block).equals(old)) {
                bytes += bytesOf(block);
            }
            now = block == now ? next(block + 1) : now;
            before = block == before && base != null ? base.next(block + 1) : before;
        }
        return bytes;
    }

    private long bytesOf(long block) {
        return Math.max(0, Math.min(blockSize, diskBytes - block * blockSize));
    }

    private @Nullable DigestTree stored() {
        return own != null ? own : base;
    }

    long diskBytes() {
        return diskBytes;
    }

    int blockSize() {
        return blockSize;
    }

    Path ownFile() {
        return ownFile;
    }

    @Override
    public void close() throws IOException {
        try (DigestTree first = base;
                DigestTree second = own) {
            changes.clear();
        }
    }
}
