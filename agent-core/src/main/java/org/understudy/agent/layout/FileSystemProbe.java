package org.understudy.agent.layout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;

/**
 * Recognises file systems and containers by their signatures, with the type names of {@code blkid}. Stateless. A container (RAID,
 * LVM, LUKS, …) wins over the remains of a file system; two different file systems are reported as unknown.
 */
public final class FileSystemProbe {

    private static final int HEAD_BYTES = 68 << 10;
    /** Types that say how the rest of the volume is to be read; what lies inside may show through. */
    private static final List<String> CONTAINERS =
            List.of("linux_raid_member", "crypto_LUKS", "LVM2_member", "bcache", "zfs_member");

    private FileSystemProbe() {}

    /**
     * What the {@code size} bytes from {@code offset} hold.
     *
     * @throws IOException if the medium fails
     * @throws IllegalArgumentException if the range does not lie inside of the disk
     */
    public static FileSystemInfo probe(DiskReader disk, long offset, long size) throws IOException {
        return probe(new DiskWindow(disk, offset, size));
    }

    /** What the volume holds. */
    public static FileSystemInfo probe(DiskReader volume) throws IOException {
        int length = (int) Math.min(HEAD_BYTES, volume.sizeBytes());
        // Zeros after a short volume's end keep every signature test inside of the buffer.
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        volume.read(0, head.duplicate().limit(length));
        List<FileSystemInfo> found = new ArrayList<>();
        add(found, ContainerProbe.raid(volume, head));
        add(found, ContainerProbe.luks(head));
        add(found, ContainerProbe.lvm(head));
        add(found, ContainerProbe.bcache(head));
        add(found, ContainerProbe.zfs(volume));
        add(found, swap(head));
        add(found, ext(head));
        add(found, xfs(head));
        add(found, btrfs(head));
        add(found, ntfsOrFat(volume, head));
        add(found, iso9660(head));
        add(found, f2fs(head));
        return choose(found);
    }

    private static FileSystemInfo choose(List<FileSystemInfo> found) {
        if (found.isEmpty()) {
            return FileSystemInfo.unknown(null);
        }
        FileSystemInfo first = found.get(0);
        if (found.size() == 1 || CONTAINERS.contains(first.type())) {
            return first;
        }
        return FileSystemInfo.unknown("signatures of several types: "
                + String.join(", ", found.stream().map(FileSystemInfo::type).toList()));
    }

    private static void add(List<FileSystemInfo> found, @Nullable FileSystemInfo info) {
        if (info != null) {
            found.add(info);
        }
    }

    private static @Nullable FileSystemInfo swap(ByteBuffer head) {
        for (int page = 4096; page <= 65536; page <<= 1) {
            int at = page - 10;
            boolean suspended = DiskBytes.has(head, at, "S1SUSPEND")
                    || DiskBytes.has(head, at, "S2SUSPEND")
                    || DiskBytes.has(head, at, "ULSUSPEND")
                    || DiskBytes.has(head, at, "LINHIB0001");
            if (suspended) {
                return FileSystemInfo.of("swsuspend", null, null);
            }
            if (DiskBytes.has(head, at, "SWAPSPACE2") || DiskBytes.has(head, at, "SWAP-SPACE")) {
                return FileSystemInfo.of("swap", DiskBytes.utf8(head, 1052, 16), uuidOrNull(head, 1036));
            }
        }
        return null;
    }

    private static @Nullable FileSystemInfo ext(ByteBuffer head) {
        if ((head.getShort(1024 + 56) & 0xffff) != 0xef53) {
            return null;
        }
        int compatible = head.getInt(1024 + 92);
        int incompatible = head.getInt(1024 + 96);
        int readOnly = head.getInt(1024 + 100);
        String label = DiskBytes.utf8(head, 1024 + 120, 16);
        String uuid = uuidOrNull(head, 1024 + 104);
        if ((incompatible & 0x8) != 0) {
            return FileSystemInfo.of("jbd", label, uuid);
        }
        // What ext3 does not know (filetype, recover, meta_bg are old; sparse_super, large_file, btree_dir too).
        boolean ext4 = (incompatible & ~0x16) != 0 || (readOnly & ~0x7) != 0;
        String type = ext4 ? "ext4" : (compatible & 0x4) != 0 ? "ext3" : "ext2";
        return FileSystemInfo.of(type, label, uuid);
    }

    private static @Nullable FileSystemInfo xfs(ByteBuffer head) {
        return DiskBytes.has(head, 0, "XFSB")
                ? FileSystemInfo.of("xfs", DiskBytes.utf8(head, 108, 12), uuidOrNull(head, 32))
                : null;
    }

    private static @Nullable FileSystemInfo btrfs(ByteBuffer head) {
        int base = 64 << 10;
        return DiskBytes.has(head, base + 64, "_BHRfS_M")
                ? FileSystemInfo.of("btrfs", DiskBytes.utf8(head, base + 0x12b, 256), uuidOrNull(head, base + 32))
                : null;
    }

    private static @Nullable FileSystemInfo ntfsOrFat(DiskReader volume, ByteBuffer head) throws IOException {
        if (DiskBytes.has(head, 3, "NTFS    ")) {
            return FileSystemInfo.of(
                    "ntfs", NtfsLabel.read(volume, head), String.format(Locale.ROOT, "%016X", head.getLong(72)));
        }
        if (DiskBytes.has(head, 3, "EXFAT   ")) {
            return FileSystemInfo.of("exfat", null, fatSerial(head.getInt(100)));
        }
        if (DiskBytes.has(head, 3, "-FVE-FS-")) {
            return FileSystemInfo.of("BitLocker", null, null);
        }
        return fat(head);
    }

    private static @Nullable FileSystemInfo fat(ByteBuffer head) {
        int sector = head.getShort(11) & 0xffff;
        int cluster = head.get(13) & 0xff;
        int media = head.get(21) & 0xff;
        boolean fields = (head.getShort(510) & 0xffff) == 0xaa55
                && (head.get(0) == (byte) 0xeb || head.get(0) == (byte) 0xe9)
                && sector >= 512
                && sector <= 4096
                && Integer.bitCount(sector) == 1
                && cluster != 0
                && Integer.bitCount(cluster) == 1
                && head.getShort(14) != 0
                && (head.get(16) == 1 || head.get(16) == 2)
                && (media == 0xf0 || media >= 0xf8);
        if (!fields) {
            return null;
        }
        boolean fat32 = head.getShort(22) == 0 && head.getShort(17) == 0;
        int extended = fat32 ? 64 : 36;
        boolean signed = head.get(extended + 2) == 0x29;
        String label = signed ? DiskBytes.text(head, extended + 7, 11, StandardCharsets.ISO_8859_1) : "";
        return FileSystemInfo.of(
                "vfat",
                label.equals("NO NAME") ? null : label,
                signed || head.get(extended + 2) == 0x28 ? fatSerial(head.getInt(extended + 3)) : null);
    }

    private static String fatSerial(int serial) {
        return String.format(Locale.ROOT, "%04X-%04X", serial >>> 16, serial & 0xffff);
    }

    private static @Nullable FileSystemInfo iso9660(ByteBuffer head) {
        return DiskBytes.has(head, 32769, "CD001")
                ? FileSystemInfo.of("iso9660", DiskBytes.utf8(head, 32768 + 40, 32), null)
                : null;
    }

    private static @Nullable FileSystemInfo f2fs(ByteBuffer head) {
        return head.getInt(1024) == 0xf2f52010 ? FileSystemInfo.of("f2fs", null, uuidOrNull(head, 1024 + 108)) : null;
    }

    static @Nullable String uuidOrNull(ByteBuffer head, int at) {
        String uuid = DiskBytes.uuid(head, at);
        return uuid.equals("00000000-0000-0000-0000-000000000000") ? null : uuid;
    }
}
