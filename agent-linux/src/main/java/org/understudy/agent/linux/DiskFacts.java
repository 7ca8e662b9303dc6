package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.layout.FileSystemInfo;
import org.understudy.agent.layout.FileSystemProbe;
import org.understudy.agent.layout.PartitionEntry;
import org.understudy.agent.layout.PartitionTable;
import org.understudy.core.protocol.HostFacts;

/** What is on a disk, for people and for the appliance. Stateless. */
final class DiskFacts {

    private DiskFacts() {}

    static HostFacts.Disk read(BlockDevice device, DiskReader reader, PartitionTable table, MountFinder mounts)
            throws IOException {
        List<HostFacts.Partition> partitions = new ArrayList<>();
        if (table.kind() == PartitionTable.Kind.NONE) {
            partitions.add(partition(device, reader, 0, 0, reader.sizeBytes(), mounts));
        } else {
            for (PartitionEntry entry : table.dataPartitions()) {
                partitions.add(
                        partition(device, reader, entry.number(), entry.offsetBytes(), entry.sizeBytes(), mounts));
            }
        }
        return new HostFacts.Disk(
                device.key(),
                device.file().toString(),
                device.model(),
                device.serial(),
                reader.sizeBytes(),
                reader.logicalBlockSize(),
                table.kind().protocolName(),
                partitions);
    }

    private static HostFacts.Partition partition(
            BlockDevice device, DiskReader reader, int number, long offset, long size, MountFinder mounts)
            throws IOException {
        FileSystemInfo info = FileSystemProbe.probe(reader, offset, size);
        @Nullable Path mountPoint = mounts.mountPointAt(device.name(), offset).orElse(null);
        return new HostFacts.Partition(
                number,
                offset,
                size,
                info.type(),
                info.label(),
                info.uuid(),
                mountPoint == null ? null : mountPoint.toString());
    }
}
