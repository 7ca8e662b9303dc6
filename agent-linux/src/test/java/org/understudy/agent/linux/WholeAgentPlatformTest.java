package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.agent.testing.AgentLink;
import org.understudy.agent.testing.FakeAppliance;
import org.understudy.agent.testing.TestAuthority;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.extent.Extent;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;
import org.understudy.iscsi.target.TargetServerConfig;

/** The agent as it is installed: enrolled by its command line, run as a process in little memory, iSCSI inside mutual TLS. */
@Tag("platform")
class WholeAgentPlatformTest {

    private static final long SIZE = 256L << 20;
    private static final String SECRET = "a-secret-of-the-run";

    @TempDir
    Path directory;

    private static Path launch(String file) {
        return Path.of("src/main/launch", file).toAbsolutePath();
    }

    private RunningProcess start(Path pins) {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + launch("agent.options"),
                "-XX:CompilerDirectivesFile=" + launch("compiler-directives.json"),
                "-cp",
                System.getProperty("java.class.path"),
                AgentCommand.class.getName(),
                "run",
                "--pins",
                pins.toString(),
                "--state",
                directory.resolve("state").toString()));
        return new ProcessCommandRunner()
                .start(
                        Command.of(argv)
                                .withEnvironment(Map.of("MALLOC_ARENA_MAX", "1", "MALLOC_MMAP_THRESHOLD_", "65536")),
                        directory.resolve("agent.log"));
    }

    @Test
    void anEnrolledAgentProcessBacksUpALiveDiskInLittleMemory() throws Exception {
        TestAuthority authority = new TestAuthority();
        try (LoopDisk disk = new LoopDisk(directory, SIZE);
                PinDirectory pins = new PinDirectory(directory);
                FakeAppliance appliance = new FakeAppliance(authority);
                IscsiTargetServer target = IscsiTargetServer.start(TargetServerConfig.tls(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), authority.server(true)))) {
            disk.format("ext4", disk.device());
            Path mountPoint = directory.resolve("mnt");
            disk.mount(disk.device(), mountPoint);
            disk.run("sh", "-c", "head -c 60M /dev/urandom > " + mountPoint + "/data");

            assertThat(AgentCommand.execute(
                            "enrol",
                            "--server",
                            appliance.address().toString(),
                            "--fingerprint",
                            authority.fingerprint(),
                            "--token",
                            "t",
                            "--state",
                            directory.resolve("state").toString(),
                            "--device",
                            disk.device().toString()))
                    .isZero();
            RunningProcess agent = start(pins.pins());
            try {
                AgentLink link = appliance.awaitLink();
                link.welcome(10);
                link.send(new ServerMessage.DescribeHost(1));
                String key = link.await(AgentMessage.HostDescription.class)
                        .facts()
                        .disks()
                        .get(0)
                        .key();
                MemoryBlockDevice device = new MemoryBlockDevice(SIZE);
                target.add(TargetDefinition.open("iqn.2026-11.org.understudy:r1", new LunDefinition(0, device, "d0"))
                        .withChap(new ChapCredentials("user", SECRET))
                        .withRequiredPrincipal("host"));
                link.send(new ServerMessage.BeginRun(2, "r1", List.of(key), 60_000, true));
                link.await(AgentMessage.RunBegun.class);
                link.send(new ServerMessage.Transfer(
                        3,
                        "r1",
                        new ServerMessage.DataTarget(target.tlsPort(), "iqn.2026-11.org.understudy:r1", "user", SECRET),
                        List.of(new ServerMessage.LunAssignment(key, 0, null, 65536)),
                        0));
                AgentMessage.TransferFinished finished = link.await(AgentMessage.TransferFinished.class);
                assertThat(finished.consistency())
                        .as(finished.consistencyReason())
                        .isEqualTo(Consistency.FILE_SYSTEM);
                assertThat(finished.consistencyReason()).contains("what is written is tracked from now on");
                assertImage(disk, device);
                link.send(new ServerMessage.EndRun(4, "r1", "p1"));
                link.await(AgentMessage.RunEnded.class);

                assertThat(peakMegabytes(agent.pid())).as("peak resident set").isLessThan(125);
            } finally {
                agent.close();
            }
            assertThat(agent.awaitExit(Duration.ofSeconds(20))).isTrue();
            assertThat(disk.status("umount", mountPoint.toString()))
                    .as("nothing of the agent keeps the file system busy")
                    .isZero();
        }
    }

    /** Nothing wrote to the file system since the freeze, so the live disk is still the truth once it is settled. */
    private void assertImage(LoopDisk disk, MemoryBlockDevice device) throws IOException {
        disk.run("sync");
        byte[] expected = new byte[(int) SIZE];
        byte[] image = new byte[(int) SIZE];
        device.read(0, ByteBuffer.wrap(image));
        try (ImageFile truth = new ImageFile(disk.backing())) {
            for (Extent extent : UsedSpace.of(truth, MetadataState.SETTLED)
                    .used()
                    .alignedTo(512, SIZE)
                    .extents()) {
                truth.read(extent.offset(), ByteBuffer.wrap(expected, (int) extent.offset(), (int) extent.length()));
            }
        }
        // The superblock's counters and the journal's first block are rewritten when the freeze ends; data must be
        // equal.
        long differing = 0;
        for (int at = 0; at < SIZE; at += 4096) {
            differing += Arrays.equals(expected, at, at + 4096, image, at, at + 4096) ? 0 : 1;
        }
        assertThat(differing).as("4 KiB pieces that differ").isLessThanOrEqualTo(4);
    }

    private static long peakMegabytes(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
            if (line.startsWith("VmHWM:")) {
                long kilobytes = Long.parseLong(line.replaceAll("[^0-9]", ""));
                System.err.println("agent peak resident set: " + kilobytes + " kB");
                return kilobytes / 1000;
            }
        }
        throw new IOException("no VmHWM");
    }
}
