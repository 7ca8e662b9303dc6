package org.understudy.agent.linux;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.layout.PartitionTable;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.agent.usedspace.PartitionUse;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.agent.usedspace.UsedSpaceMap;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ProtocolCodec;
import picocli.CommandLine;

/** {@code disks}: prints what the agent would offer and how much of it is in use, as JSON. */
@CommandLine.Command(
        name = "disks",
        description = "Print the disks of this host and their used space as JSON.",
        mixinStandardHelpOptions = true)
final class DisksCommand implements Callable<Integer> {

    private static final Logger log = LoggerFactory.getLogger(DisksCommand.class);

    @CommandLine.Option(
            names = "--device",
            paramLabel = "PATH",
            description = "This block device only; may be repeated.")
    private List<String> devices = new ArrayList<>();

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    /** What is printed for a disk. */
    record Printed(HostFacts.Disk disk, long usedBytes, List<PartitionUse> use) {}

    @Override
    public Integer call() {
        LinuxHost host = new LinuxHost(KernelFiles.ofThisHost(), devices, "");
        List<Printed> printed = new ArrayList<>();
        for (BlockDevice device : host.devices()) {
            try (DirectDiskReader reader = DirectDiskReader.open(device.file())) {
                PartitionTable table = PartitionTable.read(reader);
                // Mounted file systems are believed here: the figure is for people, not for a backup.
                Set<Long> mounted = new HashSet<>();
                for (FileSystemMount mount : host.mounts().mountsOf(device.name())) {
                    mounted.add(mount.offsetBytes());
                }
                UsedSpaceMap used = UsedSpace.of(
                        reader,
                        (number, offset) -> mounted.contains(offset) ? MetadataState.SETTLED : MetadataState.UNSETTLED);
                printed.add(new Printed(
                        DiskFacts.read(device, reader, table, host.mounts()),
                        used.used().totalBytes(),
                        used.partitions()));
            } catch (IOException e) {
                if (!devices.isEmpty()) {
                    throw Problem.of(
                                    ProblemCode.DISK_READ_FAILED,
                                    "disk",
                                    device.file().toString(),
                                    "offset",
                                    "0")
                            .asException(e);
                }
                log.warn("disk {} cannot be read and is left out: {}", device.file(), e.getMessage());
            }
        }
        spec.commandLine().getOut().println(ProtocolCodec.write(printed));
        spec.commandLine().getOut().flush();
        return CommandLine.ExitCode.OK;
    }
}
