package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.layout.DiskBytes;

/** Maps NTFS by {@code $Bitmap}, the seventh record of the master file table. */
final class NtfsUsedSpace implements FileSystemMap {

    private static final int MFT = 0;
    private static final int LOG_FILE = 2;
    private static final int VOLUME = 3;
    private static final int BITMAP = 6;
    private static final int DIRTY = 1;
    private static final int CHUNK_BYTES = 1 << 20;

    @Override
    public String addUsed(DiskReader disk, MetadataState state, ExtentCollector used)
            throws IOException, UnmappableException {
        Parser parser = new Parser(new Volume(disk, ByteOrder.LITTLE_ENDIAN));
        if (state == MetadataState.UNSETTLED) {
            require(!parser.isMarkedDirty(), "its dirty flag is set");
            require(parser.logIsClean(), "its journal may have to be replayed (hibernated, or not shut down cleanly)");
        }
        parser.addBitmap(used);
        used.add(0, parser.clusterBytes);
        Bitmaps.addTail(parser.clusters * parser.clusterBytes, disk.sizeBytes(), used);
        return "";
    }

    private static final class Parser {

        private final Volume volume;
        private final long clusterBytes;
        private final long clusters;
        private final int recordBytes;
        private final List<NtfsRecord.Run> table;

        Parser(Volume volume) throws IOException, UnmappableException {
            this.volume = volume;
            ByteBuffer boot = volume.read(0, 512, "the boot sector");
            int sector = boot.getShort(11) & 0xffff;
            int perCluster = boot.get(13) & 0xff;
            long clusterSectors = perCluster <= 0x80 ? perCluster : 1L << Math.min(31, 256 - perCluster);
            long sectors = boot.getLong(40);
            require(
                    DiskBytes.has(boot, 3, "NTFS    ")
                            && sector >= 256
                            && sector <= 4096
                            && Integer.bitCount(sector) == 1
                            && Long.bitCount(clusterSectors) == 1
                            && clusterSectors * sector <= 2 << 20,
                    "impossible sizes in the boot sector");
            require(
                    sectors > 0 && sectors <= volume.sizeBytes() / sector,
                    "the file system is larger than its partition");
            clusterBytes = clusterSectors * sector;
            clusters = sectors / clusterSectors;
            int perRecord = boot.get(64);
            long record = perRecord > 0 ? perRecord * clusterBytes : 1L << Math.min(30, -perRecord);
            require(
                    record >= 512 && record <= 65536 && Long.bitCount(record) == 1,
                    "an impossible size of file records");
            recordBytes = (int) record;
            long start = boot.getLong(48);
            require(start >= 0 && start < clusters, "the master file table lies outside of the file system");
            table = new NtfsRecord(read(start * clusterBytes, recordBytes), "$MFT").dataRuns();
            require(
                    !table.isEmpty() && table.get(0).cluster() == start,
                    "the master file table does not start where the boot sector says");
        }

        private ByteBuffer read(long offset, int length) throws IOException, UnmappableException {
            return volume.read(offset, length, "a system file");
        }

        private NtfsRecord record(int number, String what) throws IOException, UnmappableException {
            NtfsRecord record = new NtfsRecord(readAt(table, (long) number * recordBytes, recordBytes), what);
            require(number == MFT || !record.hasAttributeList(), "the file record of " + what + " is spread out");
            return record;
        }

        /** Bytes of a file by its runs. */
        private ByteBuffer readAt(List<NtfsRecord.Run> runs, long offset, int length)
                throws IOException, UnmappableException {
            ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            long runStart = 0;
            for (NtfsRecord.Run run : runs) {
                require(
                        run.cluster() >= 0 && run.length() <= clusters && run.cluster() <= clusters - run.length(),
                        "a system file has a hole or lies outside of the file system");
                long runBytes = run.length() * clusterBytes;
                long at = offset + bytes.position();
                if (bytes.hasRemaining() && at < runStart + runBytes) {
                    int part = (int) Math.min(bytes.remaining(), runStart + runBytes - at);
                    bytes.put(read(run.cluster() * clusterBytes + at - runStart, part));
                }
                runStart += runBytes;
            }
            require(!bytes.hasRemaining(), "a system file is too short");
            return bytes.flip();
        }

        boolean isMarkedDirty() throws IOException, UnmappableException {
            ByteBuffer information = Volume.present(
                    record(VOLUME, "$Volume").resident(NtfsRecord.VOLUME_INFORMATION), "$Volume is damaged");
            require(information.limit() >= 12, "$Volume is damaged");
            return (information.getShort(10) & DIRTY) != 0;
        }

        /** Whether no client is left in both restart areas of {@code $LogFile}; an emptied log is clean. */
        boolean logIsClean() throws IOException, UnmappableException {
            NtfsRecord log = record(LOG_FILE, "$LogFile");
            List<NtfsRecord.Run> runs = log.dataRuns();
            boolean any = false;
            boolean clean = true;
            for (int offset : new int[] {0, 4096}) {
                ByteBuffer page = readAt(runs, offset, 4096);
                if (DiskBytes.has(page, 0, "RSTR")) {
                    any = true;
                    int area = page.getShort(24) & 0xffff;
                    require(area >= 30 && area <= 4096 - 16, "a restart area of $LogFile is damaged");
                    boolean noClient = page.getShort(area + 12) == -1;
                    boolean markedClean = (page.getShort(area + 14) & 2) != 0;
                    clean &= noClient || markedClean;
                } else {
                    clean &= isFilled(page);
                }
            }
            return any ? clean : clean && isFilled(readAt(runs, 0, 65536));
        }

        private static boolean isFilled(ByteBuffer page) {
            for (int i = 0; i < page.limit(); i++) {
                if (page.get(i) != -1) {
                    return false;
                }
            }
            return true;
        }

        void addBitmap(ExtentCollector used) throws IOException, UnmappableException {
            NtfsRecord bitmap = record(BITMAP, "$Bitmap");
            require(bitmap.dataBytes() >= (clusters + 7) / 8, "$Bitmap is too short");
            List<NtfsRecord.Run> runs = bitmap.dataRuns();
            for (long at = 0; at * 8 < clusters; at += CHUNK_BYTES) {
                int bits = (int) Math.min(8L * CHUNK_BYTES, clusters - at * 8);
                ByteBuffer chunk = readAt(runs, at, (bits + 7) / 8);
                Bitmaps.addSet(chunk, bits, at * 8 * clusterBytes, clusterBytes, used);
            }
        }
    }
}
