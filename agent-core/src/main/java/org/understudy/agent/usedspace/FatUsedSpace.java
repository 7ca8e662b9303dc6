package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.understudy.agent.disk.DiskReader;

/**
 * Maps FAT12, FAT16 and FAT32: reserved sectors, all copies of the table, the root directory and every cluster that any copy of the
 * table calls used or bad.
 */
final class FatUsedSpace implements FileSystemMap {

    private static final int CHUNK_BYTES = 768 << 10;

    @Override
    public String addUsed(DiskReader disk, MetadataState state, ExtentCollector used)
            throws IOException, UnmappableException {
        Volume volume = new Volume(disk, ByteOrder.LITTLE_ENDIAN);
        Geometry geometry = Geometry.read(volume);
        if (state == MetadataState.UNSETTLED) {
            require(geometry.isClean(volume), "it is mounted or was not unmounted cleanly");
        }
        used.add(0, geometry.dataStart());
        byte[] inUse = new byte[(geometry.clusters() + 7) / 8];
        for (int copy = 0; copy < geometry.copies(); copy++) {
            addTable(volume, geometry, copy, inUse);
        }
        Bitmaps.addSet(
                ByteBuffer.wrap(inUse), geometry.clusters(), geometry.dataStart(), geometry.clusterBytes(), used);
        Bitmaps.addTail(geometry.endBytes(), disk.sizeBytes(), used);
        return "";
    }

    private static void addTable(Volume volume, Geometry geometry, int copy, byte[] inUse)
            throws IOException, UnmappableException {
        long start = geometry.reservedBytes() + copy * geometry.tableBytes();
        // Chunks hold whole entries of every width, since 768 KiB is a multiple of 3 bytes, of 2 and of 4.
        int perChunk = (int) (CHUNK_BYTES * 8L / geometry.bits());
        int entries = geometry.clusters() + 2;
        for (int from = 0; from < entries; from += perChunk) {
            int count = Math.min(perChunk, entries - from);
            long at = (long) from * geometry.bits() / 8;
            int length = (int) (((long) count * geometry.bits() + 7) / 8);
            ByteBuffer chunk = volume.read(start + at, length, "the file allocation table");
            for (int i = 0; i < count; i++) {
                int cluster = from + i - 2;
                if (cluster >= 0 && geometry.entry(chunk, i) != 0) {
                    inUse[cluster >> 3] |= (byte) (1 << (cluster & 7));
                }
            }
        }
    }

    /** The checked numbers of a boot sector. */
    private record Geometry(
            int bits,
            int copies,
            long reservedBytes,
            long tableBytes,
            long dataStart,
            long clusterBytes,
            int clusters,
            long endBytes,
            boolean markedDirty) {

        static Geometry read(Volume volume) throws IOException, UnmappableException {
            ByteBuffer boot = volume.read(0, 512, "the boot sector");
            long sector = boot.getShort(11) & 0xffff;
            long perCluster = boot.get(13) & 0xff;
            long reserved = boot.getShort(14) & 0xffff;
            int copies = boot.get(16);
            long rootEntries = boot.getShort(17) & 0xffff;
            long sectors = boot.getShort(19) & 0xffff;
            sectors = sectors != 0 ? sectors : Integer.toUnsignedLong(boot.getInt(32));
            long tableSectors = boot.getShort(22) & 0xffff;
            boolean fat32 = tableSectors == 0;
            tableSectors = fat32 ? Integer.toUnsignedLong(boot.getInt(36)) : tableSectors;
            require(
                    sector >= 512
                            && sector <= 4096
                            && Long.bitCount(sector) == 1
                            && Long.bitCount(perCluster) == 1
                            && reserved > 0
                            && (copies == 1 || copies == 2)
                            && tableSectors > 0,
                    "impossible sizes in the boot sector");
            require(!fat32 || boot.getShort(42) == 0, "an unknown version of FAT32");
            long rootSectors = (rootEntries * 32 + sector - 1) / sector;
            long dataSector = reserved + copies * tableSectors + rootSectors;
            require(
                    sectors > dataSector && sectors <= volume.sizeBytes() / sector,
                    "the file system is larger than its partition");
            long clusters = (sectors - dataSector) / perCluster;
            int bits = fat32 ? 32 : clusters > 0xff4 ? 16 : 12;
            require(
                    clusters > 0
                            && clusters < (fat32 ? 0x0ffffff5 : 0xfff5)
                            && (clusters + 2) * bits <= tableSectors * sector * 8,
                    "the file allocation table is too small");
            return new Geometry(
                    bits,
                    copies,
                    reserved * sector,
                    tableSectors * sector,
                    dataSector * sector,
                    perCluster * sector,
                    (int) clusters,
                    sectors * sector,
                    (boot.get(fat32 ? 65 : 37) & 1) != 0);
        }

        /** Neither Linux's mark in the boot sector nor the one in the table's second entry says "in use". */
        boolean isClean(Volume volume) throws IOException, UnmappableException {
            ByteBuffer head = volume.read(reservedBytes, 8, "the file allocation table");
            boolean tableClean =
                    bits == 12 || (bits == 16 ? (head.getShort(2) & 0x8000) != 0 : (head.getInt(4) & 0x08000000) != 0);
            return !markedDirty && tableClean;
        }

        int entry(ByteBuffer table, int index) {
            if (bits == 32) {
                return table.getInt(4 * index) & 0x0fffffff;
            }
            if (bits == 16) {
                return table.getShort(2 * index) & 0xffff;
            }
            int at = index * 3 / 2;
            int low = table.get(at) & 0xff;
            int high = table.get(at + 1) & 0xff;
            return (index & 1) == 0 ? low | (high & 0xf) << 8 : low >> 4 | high << 4;
        }
    }
}
