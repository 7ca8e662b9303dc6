package org.understudy.agent.layout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;
import org.understudy.core.extent.Extent;

/**
 * The partition table of a disk.
 *
 * @param sectorBytes unit of the table's block addresses
 * @param entries by number; as far as they could be read if the table is damaged
 * @param tableExtents where the table itself lies: boot sector, headers, entry arrays, EBR sectors
 * @param warnings what is unusual but leaves the entries reliable (a broken backup header, …)
 * @param damage why the entries cannot be relied on, or null if they can
 */
public record PartitionTable(
        Kind kind,
        int sectorBytes,
        List<PartitionEntry> entries,
        List<Extent> tableExtents,
        List<String> warnings,
        @Nullable String damage) {

    /** Formats of partition tables. */
    public enum Kind {
        GPT,
        MBR,
        NONE;

        /** As the agent protocol names it. */
        public String protocolName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public PartitionTable {
        entries = List.copyOf(entries);
        tableExtents = List.copyOf(tableExtents);
        warnings = List.copyOf(warnings);
    }

    /**
     * Reads the table as Linux does: a GPT needs its protective MBR; a boot sector of a file system is not a table. Content that
     * makes no sense is reported in {@link #damage()}, never thrown.
     *
     * @throws IOException only if the medium fails
     */
    public static PartitionTable read(DiskReader disk) throws IOException {
        if (disk.sizeBytes() < 512) {
            return none(disk, null);
        }
        ByteBuffer sector = DiskBytes.read(disk, 0, 512, ByteOrder.LITTLE_ENDIAN);
        boolean signed = (sector.getShort(510) & 0xffff) == 0xaa55;
        if (signed && MbrReader.isProtective(sector)) {
            return GptReader.read(disk);
        }
        if (signed && MbrReader.looksLikeTable(sector, disk)) {
            return MbrReader.read(disk, sector);
        }
        Optional<PartitionTable> orphan = GptReader.findWithoutProtection(disk);
        if (orphan.isPresent()) {
            return orphan.get();
        }
        return none(disk, null);
    }

    private static PartitionTable none(DiskReader disk, @Nullable String damage) {
        return new PartitionTable(Kind.NONE, disk.logicalBlockSize(), List.of(), List.of(), List.of(), damage);
    }

    public boolean damaged() {
        return damage != null;
    }

    /** The partitions that can hold file systems, by offset: all but extended ones. */
    public List<PartitionEntry> dataPartitions() {
        List<PartitionEntry> data = new ArrayList<>();
        for (PartitionEntry entry : entries) {
            if (!entry.is(PartitionEntry.Flag.EXTENDED)) {
                data.add(entry);
            }
        }
        data.sort(Comparator.comparingLong(PartitionEntry::offsetBytes));
        return data;
    }

    /** Why entries contradict each other or the disk, or null if they do not. */
    static @Nullable String contradiction(List<PartitionEntry> entries, long diskBytes) {
        List<PartitionEntry> data = new ArrayList<>();
        for (PartitionEntry entry : entries) {
            if (entry.offsetBytes() < 0
                    || entry.sizeBytes() <= 0
                    || entry.offsetBytes() > diskBytes
                    || entry.sizeBytes() > diskBytes - entry.offsetBytes()) {
                return "partition " + entry.number() + " does not lie inside of the disk";
            }
            if (!entry.is(PartitionEntry.Flag.EXTENDED)) {
                data.add(entry);
            }
        }
        data.sort(Comparator.comparingLong(PartitionEntry::offsetBytes));
        for (int i = 1; i < data.size(); i++) {
            if (data.get(i).offsetBytes() < data.get(i - 1).endBytes()) {
                return "partitions " + data.get(i - 1).number() + " and "
                        + data.get(i).number() + " overlap";
            }
        }
        return null;
    }
}
