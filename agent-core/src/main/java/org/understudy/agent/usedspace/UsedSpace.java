package org.understudy.agent.usedspace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.layout.DiskWindow;
import org.understudy.agent.layout.FileSystemInfo;
import org.understudy.agent.layout.FileSystemProbe;
import org.understudy.agent.layout.PartitionEntry;
import org.understudy.agent.layout.PartitionTable;
import org.understudy.core.extent.Extent;

/**
 * Finds which bytes of a disk are in use. Stateless; a call reads allocation records only and may run beside others. The answer is
 * right for the instant at which the disk is read: read a view that does not change, or pass {@link MetadataState#SETTLED} only for
 * file systems that stay frozen meanwhile.
 */
public final class UsedSpace {

    private static final Logger LOG = LoggerFactory.getLogger(UsedSpace.class);

    /** Larger gaps between partitions hold nothing; of them only the ends are read, where boot loaders and RAID labels lie. */
    private static final long WHOLE_GAP_BYTES = 16L << 20;

    private static final long GAP_END_BYTES = 1L << 20;

    private static final Map<String, FileSystemMap> MAPS = Map.of(
            "ext2", new ExtUsedSpace(),
            "ext3", new ExtUsedSpace(),
            "ext4", new ExtUsedSpace(),
            "xfs", new XfsUsedSpace(),
            "btrfs", new BtrfsUsedSpace(),
            "ntfs", new NtfsUsedSpace(),
            "vfat", new FatUsedSpace(),
            "swap", new SwapUsedSpace());

    /**
     * Partitions of volume managers that leave no signature at their start, where a volume of theirs may show its own: Windows'
     * dynamic disks (MBR, GPT data and metadata) and Storage Spaces.
     */
    private static final Set<String> CONTAINER_TYPES = Set.of(
            "0x42",
            "af9b60a0-1431-4f62-bc68-3311714a69ad",
            "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3",
            "e75caf8f-f680-4cee-afa3-b001e56efc2d");

    /** What is known of the file systems of a disk. */
    @FunctionalInterface
    public interface States {

        /** State of the file system that starts at this offset; number 0 is one without partition table. */
        MetadataState of(int partitionNumber, long offsetBytes);
    }

    private UsedSpace() {}

    /** {@link #of(DiskReader, States)} with one state for all file systems. */
    public static UsedSpaceMap of(DiskReader disk, MetadataState state) throws IOException {
        return of(disk, (number, offset) -> state);
    }

    /**
     * The used space of a whole disk: partition table and backup, boot loader areas, every partition by its file system. A damaged
     * table makes the whole disk used.
     *
     * @throws IOException if the partition table cannot be read from the medium; a file system that cannot be read is given as
     *     used whole
     */
    public static UsedSpaceMap of(DiskReader disk, States states) throws IOException {
        PartitionTable table = PartitionTable.read(disk);
        ExtentCollector used = new ExtentCollector();
        List<PartitionUse> uses = new ArrayList<>();
        if (table.damage() != null) {
            addWhole(
                    disk, used, uses, table.kind().protocolName(), "the partition table is damaged: " + table.damage());
        } else if (table.kind() == PartitionTable.Kind.MBR && table.entries().isEmpty()) {
            // The signature alone is no proof of a table: the disk may be used as a whole by something unknown.
            addWhole(disk, used, uses, table.kind().protocolName(), "the partition table is empty");
        } else if (table.kind() == PartitionTable.Kind.NONE) {
            uses.add(addVolume(disk, 0, 0, disk.sizeBytes(), states.of(0, 0), used));
        } else {
            List<PartitionEntry> partitions = table.dataPartitions();
            uses.add(addOutside(disk, table, partitions, used));
            for (PartitionEntry entry : partitions) {
                MetadataState state = states.of(entry.number(), entry.offsetBytes());
                uses.add(
                        CONTAINER_TYPES.contains(entry.type())
                                ? addContainer(entry, used)
                                : addVolume(disk, entry.number(), entry.offsetBytes(), entry.sizeBytes(), state, used));
            }
        }
        return new UsedSpaceMap(used.toSet(), uses);
    }

    /** The used space of a volume without partition table, such as a logical volume or its snapshot. */
    public static UsedSpaceMap ofVolume(DiskReader volume, MetadataState state) {
        ExtentCollector used = new ExtentCollector();
        PartitionUse use = addVolume(volume, 0, 0, volume.sizeBytes(), state, used);
        return new UsedSpaceMap(used.toSet(), List.of(use));
    }

    private static void addWhole(
            DiskReader disk, ExtentCollector used, List<PartitionUse> uses, String type, String reason) {
        used.add(0, disk.sizeBytes());
        uses.add(new PartitionUse(0, 0, disk.sizeBytes(), type, disk.sizeBytes(), PartitionUse.READ_WHOLE + reason));
    }

    private static PartitionUse addOutside(
            DiskReader disk, PartitionTable table, List<PartitionEntry> partitions, ExtentCollector used) {
        ExtentCollector outside = new ExtentCollector();
        for (Extent extent : table.tableExtents()) {
            outside.add(extent.offset(), extent.end());
        }
        long at = 0;
        for (PartitionEntry entry : partitions) {
            addGap(outside, at, entry.offsetBytes());
            at = Math.max(at, entry.endBytes());
        }
        addGap(outside, at, disk.sizeBytes());
        used.addAll(outside, 0);
        return new PartitionUse(0, 0, disk.sizeBytes(), "table and gaps", outside.totalBytes(), PartitionUse.MAPPED);
    }

    private static void addGap(ExtentCollector used, long start, long end) {
        if (end - start <= WHOLE_GAP_BYTES) {
            used.add(start, end);
        } else {
            used.add(start, start + GAP_END_BYTES);
            used.add(end - GAP_END_BYTES, end);
        }
    }

    private static PartitionUse addContainer(PartitionEntry entry, ExtentCollector used) {
        used.add(entry.offsetBytes(), entry.endBytes());
        return new PartitionUse(
                entry.number(),
                entry.offsetBytes(),
                entry.sizeBytes(),
                FileSystemInfo.UNKNOWN,
                entry.sizeBytes(),
                PartitionUse.READ_WHOLE + "it belongs to a volume manager");
    }

    private static PartitionUse addVolume(
            DiskReader disk, int number, long offset, long size, MetadataState state, ExtentCollector used) {
        String type = FileSystemInfo.UNKNOWN;
        String reason;
        try {
            DiskWindow volume = new DiskWindow(disk, offset, size);
            FileSystemInfo info = FileSystemProbe.probe(volume);
            type = info.type();
            FileSystemMap map = MAPS.get(type);
            if (map != null) {
                ExtentCollector inside = new ExtentCollector();
                String remark = map.addUsed(volume, state, inside);
                used.addAll(inside, offset);
                String explanation = remark.isEmpty() ? PartitionUse.MAPPED : PartitionUse.MAPPED + ", " + remark;
                return new PartitionUse(number, offset, size, type, inside.totalBytes(), explanation);
            }
            reason = info.ambiguity() != null ? info.ambiguity() : "no map for " + type;
        } catch (UnmappableException e) {
            reason = String.valueOf(e.getMessage());
        } catch (IOException e) {
            reason = "its allocation records cannot be read: " + e.getMessage();
        } catch (RuntimeException e) {
            // Reading whole is right whatever a parser stumbles over; the trace shows the defect.
            LOG.warn("The {} file system at {} could not be parsed and is read whole", type, offset, e);
            reason = "its allocation records could not be parsed: " + e;
        }
        used.add(offset, offset + size);
        return new PartitionUse(number, offset, size, type, size, PartitionUse.READ_WHOLE + reason);
    }
}
