package org.understudy.agent.layout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;
import org.understudy.core.extent.Extent;

/** Reads MBR tables and the chain of extended boot records, numbered as Linux does ({@code block/partitions/msdos.c}). */
final class MbrReader {

    private static final int TABLE = 446;
    /** More than any tool makes and than Linux numbers; bounds a forged chain. */
    private static final int MAX_LOGICAL = 256;

    private record Slot(int status, int type, long firstLba, long lbas) {
        static Slot at(ByteBuffer sector, int index) {
            int at = TABLE + 16 * index;
            return new Slot(
                    sector.get(at) & 0xff,
                    sector.get(at + 4) & 0xff,
                    Integer.toUnsignedLong(sector.getInt(at + 8)),
                    Integer.toUnsignedLong(sector.getInt(at + 12)));
        }

        boolean used() {
            return type != 0 && lbas != 0;
        }

        boolean extended() {
            return type == 0x05 || type == 0x0f || type == 0x85;
        }
    }

    private final DiskReader disk;
    private final int sectorBytes;
    private final List<PartitionEntry> entries = new ArrayList<>();
    private final List<Extent> extents = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private @Nullable String damage;

    private MbrReader(DiskReader disk) {
        this.disk = disk;
        this.sectorBytes = disk.logicalBlockSize();
    }

    /** Whether an entry of the boot sector is a GPT's protection; the others may be a hybrid's. */
    static boolean isProtective(ByteBuffer sector) {
        for (int i = 0; i < 4; i++) {
            if (Slot.at(sector, i).type() == 0xee) {
                return true;
            }
        }
        return false;
    }

    /** Why the boot sector beside a GPT claims space that the GPT does not give away, or null if it does not. */
    static @Nullable String strangerIn(ByteBuffer sector, int sectorBytes, List<PartitionEntry> partitions) {
        for (int i = 0; i < 4; i++) {
            Slot slot = Slot.at(sector, i);
            long start = slot.firstLba() * sectorBytes;
            long end = start + slot.lbas() * sectorBytes;
            boolean known = !slot.used()
                    || slot.type() == 0xee
                    || partitions.stream().anyMatch(entry -> entry.offsetBytes() <= start && end <= entry.endBytes());
            if (!known) {
                return "entry " + (i + 1) + " of its hybrid MBR lies outside of all GPT partitions";
            }
        }
        return null;
    }

    /** Whether a boot sector with signature holds a table, and is not the boot sector of a file system on the whole disk. */
    static boolean looksLikeTable(ByteBuffer sector, DiskReader disk) throws IOException {
        int used = 0;
        for (int i = 0; i < 4; i++) {
            Slot slot = Slot.at(sector, i);
            if ((slot.status() & 0x7f) != 0) {
                return false;
            }
            used += slot.used() ? 1 : 0;
        }
        FileSystemInfo whole = FileSystemProbe.probe(disk, 0, disk.sizeBytes());
        return used > 0 ? !whole.startsWithBootSector() : whole.type().equals(FileSystemInfo.UNKNOWN);
    }

    static PartitionTable read(DiskReader disk, ByteBuffer sector) throws IOException {
        MbrReader reader = new MbrReader(disk);
        reader.extents.add(new Extent(0, Math.min(reader.sectorBytes, disk.sizeBytes())));
        reader.primaries(sector);
        String contradiction = PartitionTable.contradiction(reader.entries, disk.sizeBytes());
        return new PartitionTable(
                PartitionTable.Kind.MBR,
                reader.sectorBytes,
                reader.entries,
                reader.extents,
                reader.warnings,
                contradiction != null ? contradiction : reader.damage);
    }

    private void primaries(ByteBuffer sector) throws IOException {
        List<Slot> containers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Slot slot = Slot.at(sector, i);
            if (slot.used()) {
                add(i + 1, slot, slot.firstLba(), false);
                if (slot.extended()) {
                    containers.add(slot);
                }
            }
        }
        int next = 5;
        for (Slot container : containers) {
            next = logicals(container, next);
        }
    }

    private int logicals(Slot container, int firstNumber) throws IOException {
        int number = firstNumber;
        long base = container.firstLba();
        long end = base + container.lbas();
        long at = base;
        Set<Long> seen = new HashSet<>();
        while (true) {
            if (!seen.add(at) || seen.size() > MAX_LOGICAL) {
                damage = "the chain of logical partitions is a loop or longer than " + MAX_LOGICAL;
                return number;
            }
            if (at < base || at >= end || at * sectorBytes > disk.sizeBytes() - 512) {
                damage = "the chain of logical partitions leaves the extended partition or the disk";
                return number;
            }
            extents.add(new Extent(at * sectorBytes, Math.min(sectorBytes, disk.sizeBytes() - at * sectorBytes)));
            ByteBuffer record = DiskBytes.read(disk, at * sectorBytes, 512, ByteOrder.LITTLE_ENDIAN);
            if ((record.getShort(510) & 0xffff) != 0xaa55) {
                // An extended partition that nobody used yet has no first record.
                if (at == base) {
                    warnings.add("the extended partition holds no table");
                } else {
                    damage = "an extended boot record has no signature";
                }
                return number;
            }
            long link = -1;
            for (int i = 0; i < 4; i++) {
                Slot slot = Slot.at(record, i);
                if (slot.used() && slot.extended()) {
                    link = link < 0 ? base + slot.firstLba() : link;
                } else if (slot.used() && number - 5 < MAX_LOGICAL) {
                    add(number++, slot, at + slot.firstLba(), true);
                    if (at + slot.firstLba() + slot.lbas() > end) {
                        damage = "logical partition " + (number - 1) + " leaves the extended partition";
                    }
                }
            }
            if (link < 0) {
                return number;
            }
            at = link;
        }
    }

    private void add(int number, Slot slot, long firstLba, boolean logical) {
        Set<PartitionEntry.Flag> flags = EnumSet.noneOf(PartitionEntry.Flag.class);
        if ((slot.status() & 0x80) != 0) {
            flags.add(PartitionEntry.Flag.BOOTABLE);
        }
        if (slot.type() == 0xef) {
            flags.add(PartitionEntry.Flag.EFI_SYSTEM);
        }
        if (slot.extended()) {
            flags.add(PartitionEntry.Flag.EXTENDED);
        }
        if (logical) {
            flags.add(PartitionEntry.Flag.LOGICAL);
        }
        entries.add(new PartitionEntry(
                number,
                firstLba * sectorBytes,
                slot.lbas() * sectorBytes,
                "0x" + DiskBytes.hex((byte) slot.type()),
                flags,
                null,
                null));
    }
}
