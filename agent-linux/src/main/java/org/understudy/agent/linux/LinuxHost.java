package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.boot.BootAreas;
import org.understudy.agent.boot.InstalledSystem;
import org.understudy.agent.layout.BootFirmware;
import org.understudy.agent.layout.PartitionTable;
import org.understudy.agent.linux.bootfacts.MachineFacts;
import org.understudy.agent.run.AgentHost;
import org.understudy.agent.snapshot.ProtectedDisk;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.MachineBoot;

/** This Linux machine. Everything is looked up anew at each question. Thread-safe. */
final class LinuxHost implements AgentHost {

    private static final Logger log = LoggerFactory.getLogger(LinuxHost.class);

    private final KernelFiles files;
    private final BlockDevices devices;
    private final MountFinder mounts;
    private final String machineId;

    /**
     * @param named device files to offer; empty for all disks
     */
    LinuxHost(KernelFiles files, List<String> named, String machineId) {
        this.files = files;
        devices = new BlockDevices(files, named);
        mounts = new MountFinder(files);
        this.machineId = machineId;
    }

    @Override
    public String hostName() {
        return HostIdentity.hostName(files);
    }

    @Override
    public HostFacts describe() {
        List<BlockDevice> found = devices.find();
        List<HostFacts.Disk> disks = new ArrayList<>();
        List<BootFirmware.Candidate> candidates = new ArrayList<>();
        List<MachineBoot.DiskBoot> areas = new ArrayList<>();
        List<DirectDiskReader> readers = new ArrayList<>();
        try {
            for (BlockDevice device : found) {
                try {
                    DirectDiskReader reader = DirectDiskReader.open(device.file());
                    readers.add(reader);
                    PartitionTable table = PartitionTable.read(reader);
                    disks.add(DiskFacts.read(device, reader, table, mounts));
                    candidates.add(new BootFirmware.Candidate(reader, table));
                    areas.add(BootAreas.of(device.key(), reader, table));
                } catch (IOException e) {
                    // A drive without a medium, for example; the others still count.
                    log.warn("disk {} cannot be read and is not offered: {}", device.file(), e.toString());
                }
            }
            return new HostFacts(
                    hostName(),
                    machineId,
                    HostIdentity.operatingSystem(files),
                    HostIdentity.kernel(files),
                    HostIdentity.memoryBytes(files),
                    Runtime.getRuntime().availableProcessors(),
                    firmware(candidates),
                    disks,
                    NetworkFacts.read(files),
                    bootFacts(found, areas));
        } finally {
            readers.forEach(DirectDiskReader::close);
        }
    }

    private static HostFacts.Firmware firmware(List<BootFirmware.Candidate> candidates) {
        try {
            return BootFirmware.of(candidates);
        } catch (IOException e) {
            log.warn("the firmware cannot be told from the disks: {}", e.toString());
            return HostFacts.Firmware.BIOS;
        }
    }

    /** The installed system on the offered disks, which is this one only if it runs from them. */
    private HostFacts.BootFacts bootFacts(List<BlockDevice> found, List<MachineBoot.DiskBoot> areas) {
        Map<String, String> keys = new HashMap<>();
        found.forEach(device -> keys.put(device.name(), device.key()));
        for (BlockDevice device : found) {
            try {
                for (Path mountPoint : mounts.mountPointsOf(device.name())) {
                    if (isRoot(mountPoint)) {
                        MachineBoot machine = new MachineFacts(files.sys(), files.proc())
                                .read(areas, rootMount(mountPoint), mountPoint.equals(Path.of("/")), keys);
                        return InstalledSystem.read(mountPoint, null).on(machine);
                    }
                }
            } catch (IOException e) {
                log.warn("no boot facts from {}: {}", device.file(), e.toString());
            }
        }
        return HostFacts.BootFacts.unknown();
    }

    private MachineFacts.@Nullable RootMount rootMount(Path mountPoint) throws IOException {
        MachineFacts.RootMount mount = null;
        for (MountEntry entry : files.mounts()) {
            if (entry.mountPoint().equals(mountPoint)) {
                mount = new MachineFacts.RootMount(entry.type(), new DeviceTree(files).devicesOf(entry));
            }
        }
        return mount;
    }

    /** Links are not followed: in a foreign tree an absolute one leads to this host's own files. */
    private static boolean isRoot(Path mountPoint) {
        return Stream.of("etc/os-release", "sbin/init", "usr/sbin/init", "usr/lib/os-release")
                .anyMatch(file -> Files.exists(mountPoint.resolve(file), LinkOption.NOFOLLOW_LINKS));
    }

    @Override
    public List<ProtectedDisk> disks(List<String> keys) {
        List<BlockDevice> offered = devices.find();
        List<ProtectedDisk> disks = new ArrayList<>();
        for (String key : keys) {
            BlockDevice device = offered.stream()
                    .filter(candidate -> candidate.key().equals(key))
                    .findFirst()
                    .orElseThrow(() ->
                            Problem.of(ProblemCode.DISK_NOT_FOUND, "disk", key).asException());
            disks.add(new LinuxDisk(device, mounts));
        }
        return disks;
    }

    List<BlockDevice> devices() {
        return devices.find();
    }

    MountFinder mounts() {
        return mounts;
    }
}
