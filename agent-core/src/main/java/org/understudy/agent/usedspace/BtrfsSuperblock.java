package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.understudy.agent.layout.DiskBytes;

/** The first superblock of a btrfs on one device, checked ({@code include/uapi/linux/btrfs_tree.h}). */
final class BtrfsSuperblock {

    static final int BYTES = 4096;
    /** Where copies lie as far as the device reaches. */
    static final long[] OFFSETS = {64L << 10, 64L << 20, 256L << 30};

    private static final int CHUNK_ARRAY = 811;
    private static final int MAX_CHUNK_ARRAY = 2048;
    private static final long METADATA_UUID = 0x400;
    /** Everything up to three and four copies, and simple quotas; zoned, second extent tree, stripe tree are missing on purpose. */
    private static final long INCOMPAT_KNOWN = 0xfffL | 0x10000L;
    /** Free-space tree (and that it is valid), verity, block-group tree. */
    private static final long RO_KNOWN = 0xfL;

    final ByteBuffer bytes;
    final ByteBuffer treeUuid;
    final BtrfsChecksum checksum;
    final long deviceId;
    final long deviceBytes;
    final int sectorSize;
    final int nodeSize;
    final int chunkArrayEnd;

    BtrfsSuperblock(Volume volume) throws IOException, UnmappableException {
        bytes = volume.read(OFFSETS[0], BYTES, "the superblock");
        require(DiskBytes.has(bytes, 64, "_BHRfS_M"), "the superblock's magic is wrong");
        checksum = BtrfsChecksum.of(bytes.getShort(196) & 0xffff);
        require(checksum.matches(bytes), "the superblock's checksum is wrong");
        require(bytes.getLong(48) == OFFSETS[0], "the superblock belongs to another place");
        long incompatible = bytes.getLong(188);
        require(
                (incompatible & ~INCOMPAT_KNOWN) == 0,
                "unsupported incompatible features 0x" + Long.toHexString(incompatible));
        require((bytes.getLong(180) & ~RO_KNOWN) == 0, "unsupported read-only features");
        require(bytes.getLong(136) == 1, "it spans several devices");
        sectorSize = bytes.getInt(144);
        nodeSize = bytes.getInt(148);
        require(isPower(sectorSize, 4096) && isPower(nodeSize, sectorSize), "impossible sizes in the superblock");
        deviceId = bytes.getLong(201);
        deviceBytes = bytes.getLong(209);
        require(
                deviceBytes >= 1 << 20 && deviceBytes <= volume.sizeBytes(),
                "the file system is larger than its partition");
        int arrayBytes = bytes.getInt(160);
        require(arrayBytes > 0 && arrayBytes <= MAX_CHUNK_ARRAY, "the superblock's chunk array is damaged");
        chunkArrayEnd = CHUNK_ARRAY + arrayBytes;
        int uuidAt = (incompatible & METADATA_UUID) != 0 ? 571 : 32;
        treeUuid = bytes.duplicate().position(uuidAt).limit(uuidAt + 16).slice();
    }

    private static boolean isPower(int value, int least) {
        return value >= least && value <= 65536 && Integer.bitCount(value) == 1;
    }

    int chunkArrayStart() {
        return CHUNK_ARRAY;
    }

    long generation() {
        return bytes.getLong(72);
    }

    long rootTree() {
        return bytes.getLong(80);
    }

    int rootLevel() {
        return bytes.get(198) & 0xff;
    }

    long chunkTree() {
        return bytes.getLong(88);
    }

    long chunkGeneration() {
        return bytes.getLong(164);
    }

    int chunkLevel() {
        return bytes.get(199) & 0xff;
    }

    /** Address of the tree of logs of what was synced after the last commit; 0 if there is none. */
    long logTree() {
        return bytes.getLong(96);
    }

    int logLevel() {
        return bytes.get(200) & 0xff;
    }

    /** Bytes of all extents, each counted once whatever its profile. */
    long bytesUsed() {
        return bytes.getLong(120);
    }
}
