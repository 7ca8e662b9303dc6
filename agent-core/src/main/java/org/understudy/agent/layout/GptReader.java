package org.understudy.agent.layout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;
import org.understudy.core.extent.Extent;

/** Reads GUID partition tables with both headers' checksums (UEFI 2.10, section 5.3). */
final class GptReader {

    private static final String ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
    private static final String BIOS_BOOT = "21686148-6449-6e6f-744e-656564454649";
    private static final String UNUSED = "00000000-0000-0000-0000-000000000000";
    /** The kernel allocates the array at once too; real ones have 16 KiB. */
    private static final long MAX_ARRAY_BYTES = 4 << 20;

    private static final long LEGACY_BIOS_BOOTABLE = 1L << 2;

    private record Header(
            long lba,
            long alternateLba,
            long lastUsableLba,
            long arrayLba,
            int entryCount,
            int entryBytes,
            int arrayCrc) {
        long arrayBytes() {
            return (long) entryCount * entryBytes;
        }
    }

    /** One of the two copies of the table, both checksums right. */
    private record Copy(Header header, ByteBuffer array) {}

    private GptReader() {}

    /** Reads the table of a disk that has a protective MBR. */
    static PartitionTable read(DiskReader disk) throws IOException {
        for (int sector : sectorSizes(disk)) {
            PartitionTable table = tryRead(disk, sector);
            if (table != null) {
                return table;
            }
        }
        int sector = disk.logicalBlockSize();
        return new PartitionTable(
                PartitionTable.Kind.GPT,
                sector,
                List.of(),
                List.of(),
                List.of(),
                "there is a protective MBR, but neither the primary nor the backup GPT header is valid");
    }

    /**
     * A table without protective MBR, which Linux ignores but other systems may not: given as damaged, so that nobody relies on
     * it.
     */
    static Optional<PartitionTable> findWithoutProtection(DiskReader disk) throws IOException {
        for (int sector : sectorSizes(disk)) {
            if (copy(disk, sector, 1) != null) {
                return Optional.of(new PartitionTable(
                        PartitionTable.Kind.GPT,
                        sector,
                        List.of(),
                        List.of(),
                        List.of(),
                        "there is a GPT header, but no protective MBR"));
            }
        }
        return Optional.empty();
    }

    private static Set<Integer> sectorSizes(DiskReader disk) {
        Set<Integer> sizes = new LinkedHashSet<>();
        if (disk.logicalBlockSize() >= 512 && disk.logicalBlockSize() <= 4096) {
            sizes.add(disk.logicalBlockSize());
        }
        sizes.add(512);
        sizes.add(4096);
        return sizes;
    }

    private static @Nullable PartitionTable tryRead(DiskReader disk, int sector) throws IOException {
        long lastLba = disk.sizeBytes() / sector - 1;
        List<String> warnings = new ArrayList<>();
        List<Extent> extents = new ArrayList<>();
        extents.add(new Extent(0, Math.min(2L * sector, disk.sizeBytes())));
        Copy primary = copy(disk, sector, 1);
        Copy backup = copy(disk, sector, primary != null ? primary.header().alternateLba() : lastLba);
        if (backup == null) {
            backup = copy(disk, sector, lastLba);
        }
        addExtents(extents, disk, sector, primary);
        addExtents(extents, disk, sector, backup);
        if (backup == null) {
            warnings.add("the backup GPT is damaged or missing");
        } else if (primary == null) {
            warnings.add("the primary GPT is damaged; the backup was used");
        } else if (primary.header().arrayCrc() != backup.header().arrayCrc()) {
            warnings.add("the primary and the backup GPT differ; the primary was used");
        }
        Copy chosen = primary != null ? primary : backup;
        if (chosen == null) {
            return null;
        }
        List<PartitionEntry> partitions = partitions(chosen.array(), chosen.header(), sector);
        String contradiction = PartitionTable.contradiction(partitions, disk.sizeBytes());
        ByteBuffer boot = DiskBytes.read(disk, 0, 512, ByteOrder.LITTLE_ENDIAN);
        return new PartitionTable(
                PartitionTable.Kind.GPT,
                sector,
                partitions,
                extents,
                warnings,
                contradiction != null ? contradiction : MbrReader.strangerIn(boot, sector, partitions));
    }

    private static void addExtents(List<Extent> extents, DiskReader disk, int sector, @Nullable Copy copy) {
        if (copy != null) {
            Header header = copy.header();
            extents.add(new Extent(header.lba() * sector, sector));
            long start = header.arrayLba() * sector;
            extents.add(new Extent(start, Math.min(header.arrayBytes(), disk.sizeBytes() - start)));
        }
    }

    private static @Nullable Header header(DiskReader disk, int sector, long lba) throws IOException {
        long lbas = disk.sizeBytes() / sector;
        if (lba < 1 || lba >= lbas) {
            return null;
        }
        ByteBuffer bytes = DiskBytes.read(disk, lba * sector, sector, ByteOrder.LITTLE_ENDIAN);
        int headerBytes = bytes.getInt(12);
        if (!DiskBytes.has(bytes, 0, "EFI PART") || headerBytes < 92 || headerBytes > sector) {
            return null;
        }
        int stored = bytes.getInt(16);
        bytes.putInt(16, 0);
        if (crc(bytes.duplicate().limit(headerBytes)) != stored || bytes.getLong(24) != lba) {
            return null;
        }
        Header header = new Header(
                lba,
                bytes.getLong(32),
                bytes.getLong(48),
                bytes.getLong(72),
                bytes.getInt(80),
                bytes.getInt(84),
                bytes.getInt(88));
        boolean sane = header.entryCount() > 0
                && header.entryBytes() >= 128
                && header.entryBytes() <= 4096
                && header.entryBytes() % 128 == 0
                && header.arrayBytes() <= MAX_ARRAY_BYTES
                && header.arrayLba() >= 1
                && header.arrayLba() < lbas
                && header.arrayLba() * sector <= disk.sizeBytes() - header.arrayBytes();
        return sane ? header : null;
    }

    private static @Nullable Copy copy(DiskReader disk, int sector, long lba) throws IOException {
        Header header = header(disk, sector, lba);
        if (header == null) {
            return null;
        }
        ByteBuffer array =
                DiskBytes.read(disk, header.arrayLba() * sector, (int) header.arrayBytes(), ByteOrder.LITTLE_ENDIAN);
        return crc(array.duplicate()) == header.arrayCrc() ? new Copy(header, array) : null;
    }

    private static int crc(ByteBuffer bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static List<PartitionEntry> partitions(ByteBuffer array, Header header, int sector) {
        List<PartitionEntry> partitions = new ArrayList<>();
        for (int i = 0; i < header.entryCount(); i++) {
            int at = i * header.entryBytes();
            String type = DiskBytes.guid(array, at);
            if (!type.equals(UNUSED)) {
                partitions.add(partition(array, at, i + 1, type, sector));
            }
        }
        return partitions;
    }

    private static PartitionEntry partition(ByteBuffer array, int at, int number, String type, int sector) {
        long first = array.getLong(at + 32);
        long last = array.getLong(at + 40);
        long limit = Long.MAX_VALUE / sector - 1;
        boolean ordered = first >= 0 && last >= first && last < limit;
        Set<PartitionEntry.Flag> flags = EnumSet.noneOf(PartitionEntry.Flag.class);
        if ((array.getLong(at + 48) & LEGACY_BIOS_BOOTABLE) != 0) {
            flags.add(PartitionEntry.Flag.BOOTABLE);
        }
        if (type.equals(ESP)) {
            flags.add(PartitionEntry.Flag.EFI_SYSTEM);
        }
        if (type.equals(BIOS_BOOT)) {
            flags.add(PartitionEntry.Flag.BIOS_GRUB);
        }
        String name = DiskBytes.text(array, at + 56, 72, StandardCharsets.UTF_16LE);
        return new PartitionEntry(
                number,
                ordered ? first * sector : -1,
                ordered ? (last - first + 1) * sector : 0,
                type,
                flags,
                name.isEmpty() ? null : name,
                DiskBytes.guid(array, at + 16));
    }
}
