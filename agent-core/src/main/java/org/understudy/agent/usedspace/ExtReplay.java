package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Shows an ext3 or ext4 file system as it will be after the replay of its journal, by finding the committed, unrevoked copies of
 * blocks in it ({@code fs/jbd2/recovery.c}). Keeps their places only, not their contents.
 */
final class ExtReplay {

    private static final int MAGIC = 0xc03b3998;
    private static final int DESCRIPTOR = 1;
    private static final int COMMIT = 2;
    private static final int REVOKE = 5;
    private static final int INCOMPAT_64BIT = 0x2;
    private static final int INCOMPAT_CSUM_V2 = 0x8;
    private static final int INCOMPAT_CSUM_V3 = 0x10;
    /** Revocations, 64 bit and checksums; asynchronous and fast commits are missing on purpose. */
    private static final int INCOMPAT_KNOWN = 0x1 | 0x2 | 0x8 | 0x10;

    private static final int TAG_ESCAPED = 1;
    private static final int TAG_SAME_UUID = 2;
    private static final int TAG_LAST = 8;

    private record Copy(long journalBlock, int sequence, boolean escaped) {}

    private record Logged(long block, Copy copy) {}

    private final Volume volume;
    private final ExtSuperblock before;
    private final ExtBlockMap journal;
    private final Map<Long, Copy> copies = new HashMap<>();
    private final Map<Long, Integer> revoked = new HashMap<>();
    private int incompatible;
    private long first;
    private long length;
    private int seed;

    private ExtReplay(Volume volume, ExtSuperblock before) throws IOException, UnmappableException {
        this.volume = volume;
        this.before = before;
        require(before.journalInode != 0, "its journal is on another device and has to be replayed");
        journal = ExtBlockMap.ofInode(volume, before, before.journalInode);
    }

    static ExtReplay of(Volume volume, ExtSuperblock superblock) throws IOException, UnmappableException {
        ExtReplay replay = new ExtReplay(volume, superblock);
        replay.scan();
        return replay;
    }

    boolean isEmpty() {
        return copies.isEmpty();
    }

    boolean covers(long block) {
        return copies.containsKey(block);
    }

    /** The superblock after the replay. */
    ExtSuperblock superblock() throws IOException, UnmappableException {
        long block = ExtSuperblock.OFFSET / before.blockSize;
        int inside = ExtSuperblock.OFFSET % before.blockSize;
        ByteBuffer bytes = block(block).position(inside).limit(inside + 1024).slice();
        return new ExtSuperblock(bytes.order(ByteOrder.LITTLE_ENDIAN), volume.sizeBytes());
    }

    /** A block after the replay. */
    ByteBuffer block(long number) throws IOException, UnmappableException {
        require(
                number >= 0 && number < volume.sizeBytes() / before.blockSize,
                "a record lies outside of the partition");
        Copy copy = copies.get(number);
        if (copy == null) {
            return volume.read(number * before.blockSize, before.blockSize, "an allocation record");
        }
        ByteBuffer bytes = journalBlock(copy.journalBlock()).order(ByteOrder.BIG_ENDIAN);
        if (copy.escaped()) {
            bytes.putInt(0, MAGIC);
        }
        return bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer journalBlock(long index) throws IOException, UnmappableException {
        long block = journal.block(index);
        return volume.read(block * before.blockSize, before.blockSize, "the journal")
                .order(ByteOrder.BIG_ENDIAN);
    }

    private void scan() throws IOException, UnmappableException {
        ByteBuffer sb = journalBlock(0);
        require(sb.getInt(0) == MAGIC, "the journal's superblock is damaged");
        boolean second = sb.getInt(4) == 4;
        require(second || sb.getInt(4) == 3, "an unknown version of the journal");
        incompatible = second ? sb.getInt(40) : 0;
        require((incompatible & ~INCOMPAT_KNOWN) == 0, "unsupported journal features " + incompatible);
        length = Integer.toUnsignedLong(sb.getInt(16));
        first = Integer.toUnsignedLong(sb.getInt(20));
        require(
                sb.getInt(12) == before.blockSize && first >= 1 && length > first && length <= journal.length(),
                "the journal's superblock is damaged");
        if (hasChecksums()) {
            require(sb.get(80) == 4, "an unknown checksum type of the journal");
            ByteBuffer copy =
                    ByteBuffer.allocate(1024).put(sb.duplicate().position(0).limit(1024));
            copy.putInt(252, 0);
            require(
                    Checksums.crc32cRaw(-1, copy, 0, 1024) == sb.getInt(252),
                    "the checksum of the journal's superblock is wrong");
            seed = Checksums.crc32cRaw(-1, sb, 48, 16);
        }
        long start = Integer.toUnsignedLong(sb.getInt(28));
        if (start != 0) {
            require(start >= first && start < length, "the journal's superblock is damaged");
            walk(start, sb.getInt(24));
            copies.entrySet().removeIf(entry -> isRevoked(entry.getKey(), entry.getValue()));
        }
    }

    private boolean isRevoked(Long block, Copy copy) {
        Integer sequence = revoked.get(block);
        return sequence != null && sequence - copy.sequence() >= 0;
    }

    private boolean hasChecksums() {
        return (incompatible & (INCOMPAT_CSUM_V2 | INCOMPAT_CSUM_V3)) != 0;
    }

    /** Follows the log from its tail until a block that does not continue it; counts only what was committed. */
    private void walk(long start, int firstSequence) throws IOException, UnmappableException {
        List<Logged> pending = new ArrayList<>();
        List<Long> pendingRevoked = new ArrayList<>();
        int sequence = firstSequence;
        long at = start;
        long walked = 0;
        while (walked < length) {
            ByteBuffer block = journalBlock(at);
            if (block.getInt(0) != MAGIC || block.getInt(8) != sequence) {
                return;
            }
            at = next(at);
            walked++;
            int type = block.getInt(4);
            if (type == DESCRIPTOR) {
                requireSound(block, before.blockSize - 4);
                int logged = addTags(block, at, sequence, pending);
                for (int i = 0; i < logged; i++) {
                    at = next(at);
                }
                walked += logged;
            } else if (type == REVOKE) {
                requireSound(block, before.blockSize - 4);
                addRevoked(block, pendingRevoked);
            } else if (type == COMMIT) {
                requireSound(block, 16);
                pending.forEach(logged -> copies.put(logged.block(), logged.copy()));
                for (Long block1 : pendingRevoked) {
                    revoked.put(block1, sequence);
                }
                pending.clear();
                pendingRevoked.clear();
                sequence++;
            } else {
                return;
            }
        }
        throw new UnmappableException("the journal has no end");
    }

    private long next(long at) {
        return at + 1 >= length ? first : at + 1;
    }

    /** Checks a block's checksum, which counts as zero in itself. */
    private void requireSound(ByteBuffer block, int checksumAt) throws UnmappableException {
        if (hasChecksums()) {
            int stored = block.getInt(checksumAt);
            block.putInt(checksumAt, 0);
            int computed = Checksums.crc32cRaw(seed, block, 0, before.blockSize);
            block.putInt(checksumAt, stored);
            require(computed == stored, "the checksum of a journal block is wrong");
        }
    }

    private int addTags(ByteBuffer block, long firstData, int sequence, List<Logged> pending)
            throws UnmappableException {
        boolean third = (incompatible & INCOMPAT_CSUM_V3) != 0;
        boolean wide = (incompatible & INCOMPAT_64BIT) != 0;
        int size = third ? 16 : ((incompatible & INCOMPAT_CSUM_V2) != 0 ? 14 : 12) - (wide ? 0 : 4);
        int end = before.blockSize - (hasChecksums() ? 4 : 0);
        long data = firstData;
        int logged = 0;
        int at = 12;
        while (at + size <= end) {
            long target = Integer.toUnsignedLong(block.getInt(at));
            int flags = third ? block.getInt(at + 4) : block.getShort(at + 6) & 0xffff;
            if (wide) {
                target |= (long) block.getInt(at + 8) << 32;
            }
            pending.add(new Logged(target, new Copy(data, sequence, (flags & TAG_ESCAPED) != 0)));
            require(pending.size() <= length, "a journal transaction is larger than the journal");
            data = next(data);
            logged++;
            at += size + ((flags & TAG_SAME_UUID) != 0 ? 0 : 16);
            if ((flags & TAG_LAST) != 0) {
                break;
            }
        }
        return logged;
    }

    private void addRevoked(ByteBuffer block, List<Long> pending) throws UnmappableException {
        int bytes = block.getInt(12);
        require(bytes >= 16 && bytes <= before.blockSize, "a journal's revocation is damaged");
        boolean wide = (incompatible & INCOMPAT_64BIT) != 0;
        int size = wide ? 8 : 4;
        for (int at = 16; at + size <= bytes; at += size) {
            pending.add(wide ? block.getLong(at) : Integer.toUnsignedLong(block.getInt(at)));
        }
    }
}
