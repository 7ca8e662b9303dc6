package org.understudy.agent.layout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;

/** Signatures of what is not a file system itself but holds volumes: RAID, LUKS, LVM, bcache, ZFS. */
final class ContainerProbe {

    private static final int MD_MAGIC = 0xa92b4efc;

    private ContainerProbe() {}

    /** Linux software RAID: 1.1 at the start, 1.2 at 4 KiB, 1.0 and 0.90 near the end ({@code md_p.h}). */
    static @Nullable FileSystemInfo raid(DiskReader volume, ByteBuffer head) throws IOException {
        for (int at : new int[] {0, 4096}) {
            if (head.getInt(at) == MD_MAGIC && head.getInt(at + 4) == 1) {
                return version1(head, at);
            }
        }
        long sectors = volume.sizeBytes() / 512;
        if (sectors >= 24) {
            long at = ((sectors - 16) & ~7L) * 512;
            ByteBuffer bytes = DiskBytes.read(volume, at, 512, ByteOrder.LITTLE_ENDIAN);
            if (bytes.getInt(0) == MD_MAGIC && bytes.getInt(4) == 1) {
                return version1(bytes, 0);
            }
        }
        if (volume.sizeBytes() >= 128 << 10) {
            long at = (volume.sizeBytes() & -(64L << 10)) - (64 << 10);
            ByteBuffer bytes = DiskBytes.read(volume, at, 512, ByteOrder.LITTLE_ENDIAN);
            if (bytes.getInt(0) == MD_MAGIC || Integer.reverseBytes(bytes.getInt(0)) == MD_MAGIC) {
                return FileSystemInfo.of("linux_raid_member", null, null);
            }
        }
        return null;
    }

    private static FileSystemInfo version1(ByteBuffer bytes, int at) {
        return FileSystemInfo.of(
                "linux_raid_member", DiskBytes.utf8(bytes, at + 32, 32), FileSystemProbe.uuidOrNull(bytes, at + 16));
    }

    static @Nullable FileSystemInfo luks(ByteBuffer head) {
        if (!DiskBytes.has(head, 0, "LUKS\u00ba\u00be")) {
            return null;
        }
        boolean second = head.get(6) == 0 && head.get(7) == 2;
        return FileSystemInfo.of(
                "crypto_LUKS", second ? DiskBytes.utf8(head, 24, 48) : null, DiskBytes.utf8(head, 168, 40));
    }

    /** The label of a physical volume stands in one of the first four sectors. */
    static @Nullable FileSystemInfo lvm(ByteBuffer head) {
        for (int at = 0; at < 2048; at += 512) {
            if (DiskBytes.has(head, at, "LABELONE") && DiskBytes.has(head, at + 24, "LVM2 001")) {
                String id = DiskBytes.utf8(head, at + 32, 32);
                return FileSystemInfo.of("LVM2_member", null, id.length() == 32 ? dashed(id) : null);
            }
        }
        return null;
    }

    private static String dashed(String id) {
        return String.join(
                "-",
                id.substring(0, 6),
                id.substring(6, 10),
                id.substring(10, 14),
                id.substring(14, 18),
                id.substring(18, 22),
                id.substring(22, 26),
                id.substring(26));
    }

    static @Nullable FileSystemInfo bcache(ByteBuffer head) {
        boolean magic =
                head.getLong(4096 + 24) == 0xca451a4ef67385c6L && head.getLong(4096 + 32) == 0x816dba487ff56582L;
        return magic ? FileSystemInfo.of("bcache", null, FileSystemProbe.uuidOrNull(head, 4096 + 40)) : null;
    }

    /** A ZFS label keeps uberblocks in its second half; one with the magic in either byte order is enough. */
    static @Nullable FileSystemInfo zfs(DiskReader volume) throws IOException {
        if (volume.sizeBytes() < 64 << 20) {
            return null;
        }
        ByteBuffer ring = DiskBytes.read(volume, 128 << 10, 128 << 10, ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < ring.limit(); at += 1024) {
            long magic = ring.getLong(at);
            if (magic == 0x00bab10cL || Long.reverseBytes(magic) == 0x00bab10cL) {
                return FileSystemInfo.of("zfs_member", null, null);
            }
        }
        return null;
    }
}
