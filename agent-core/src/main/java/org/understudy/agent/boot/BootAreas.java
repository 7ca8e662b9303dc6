package org.understudy.agent.boot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.layout.DiskBytes;
import org.understudy.agent.layout.PartitionEntry;
import org.understudy.agent.layout.PartitionTable;
import org.understudy.core.protocol.MachineBoot;
import org.understudy.core.protocol.MachineBoot.BootCode;

/** What a BIOS and a UEFI firmware find to start on a disk. Reads a few sectors. Stateless. */
public final class BootAreas {

    private static final int SECTOR = 512;
    private static final int CODE_BYTES = 440;
    /** GRUB 2, {@code boot.S}: where the core image begins; GRUB legacy, {@code stage1.h}: where stage 2 begins. In sectors. */
    private static final int GRUB_CORE_SECTOR = 0x5c;

    private static final int GRUB_LEGACY_SECTOR = 0x44;

    private BootAreas() {}

    /**
     * The boot areas of a disk.
     *
     * @param key the disk's key
     * @throws IOException if the medium fails
     */
    public static MachineBoot.DiskBoot of(String key, DiskReader disk, PartitionTable table) throws IOException {
        ByteBuffer first = sector(disk, 0).orElseGet(() -> ByteBuffer.allocate(SECTOR));
        BootCode code = code(first);
        Optional<Long> active = activeOffset(table, first, disk.logicalBlockSize());
        @Nullable BootCode partitionCode = null;
        if (active.isPresent()) {
            partitionCode = sector(disk, active.get()).map(BootAreas::code).orElse(BootCode.NONE);
        }
        return new MachineBoot.DiskBoot(
                key,
                code,
                code == BootCode.GRUB && coreFound(disk, first),
                partitionCode,
                has(table, PartitionEntry.Flag.BIOS_GRUB),
                has(table, PartitionEntry.Flag.EFI_SYSTEM));
    }

    private static boolean has(PartitionTable table, PartitionEntry.Flag flag) {
        return table.entries().stream().anyMatch(entry -> entry.is(flag));
    }

    private static Optional<ByteBuffer> sector(DiskReader disk, long offset) throws IOException {
        return offset < 0 || offset > disk.sizeBytes() - SECTOR
                ? Optional.empty()
                : Optional.of(DiskBytes.read(disk, offset, SECTOR, ByteOrder.LITTLE_ENDIAN));
    }

    private static Optional<Long> activeOffset(PartitionTable table, ByteBuffer first, int blockBytes) {
        for (PartitionEntry entry : table.entries()) {
            if (entry.is(PartitionEntry.Flag.BOOTABLE)) {
                return Optional.of(entry.offsetBytes());
            }
        }
        // An active entry of the boot sector itself, as in hybrid tables; the protective one itself starts nothing.
        for (int at = 446; at < 510 && signed(first); at += 16) {
            if ((first.get(at) & 0xff) == 0x80 && (first.get(at + 4) & 0xff) != 0xee) {
                return Optional.of((first.getInt(at + 8) & 0xffffffffL) * blockBytes);
            }
        }
        return Optional.empty();
    }

    private static boolean signed(ByteBuffer sector) {
        return (sector.getShort(510) & 0xffff) == 0xaa55;
    }

    private static BootCode code(ByteBuffer sector) {
        byte[] bytes = new byte[CODE_BYTES];
        sector.get(0, bytes);
        boolean empty = true;
        for (byte value : bytes) {
            empty &= value == 0;
        }
        if (empty || !signed(sector)) {
            return BootCode.NONE;
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (text.contains("GRUB ")) {
            return BootCode.GRUB;
        } else if (text.startsWith("LILO", 6) || text.startsWith("LILO", 2)) {
            return BootCode.LILO;
        } else if (text.startsWith("SYSLINUX", 3) || text.startsWith("EXTLINUX", 3)) {
            return BootCode.SYSLINUX;
        } else if (text.contains("Missing operating system") || text.contains("Missing OS")) {
            return BootCode.CHAIN;
        }
        return BootCode.OTHER;
    }

    /** The first sector of GRUB's core image and of GRUB legacy's second stage says what it is loading. */
    private static boolean coreFound(DiskReader disk, ByteBuffer first) throws IOException {
        long[] sectors = {first.getLong(GRUB_CORE_SECTOR), first.getInt(GRUB_LEGACY_SECTOR) & 0xffffffffL};
        for (long number : sectors) {
            if (number > 0 && number < disk.sizeBytes() / SECTOR) {
                Optional<ByteBuffer> core = sector(disk, number * SECTOR);
                if (core.isPresent()
                        && new String(core.get().array(), StandardCharsets.ISO_8859_1)
                                .toLowerCase(Locale.ROOT)
                                .contains("loading")) {
                    return true;
                }
            }
        }
        return false;
    }
}
