package org.understudy.agent.linux;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.run.RunLoop;
import org.understudy.agent.state.BaseStore;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.testing.MemoryExchange;
import org.understudy.agent.testing.RunBench;
import org.understudy.agent.transfer.IscsiTargets;
import org.understudy.agent.transfer.TransferStep;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;
import org.understudy.iscsi.target.TargetServerConfig;

/** A run loop over a real block device, with the real freezer and a real target on loopback. */
final class LiveDiskBench implements AutoCloseable {

    private static final String SECRET = "a-secret-of-the-run";

    final LinuxHost host;
    final MemoryExchange exchange = new MemoryExchange();
    final TimedFreezer timed;
    private final long diskBytes;
    private final StateDirectory state;
    private final LinuxFreezer freezer;
    private final RunLoop loop;
    private final List<String> keys;
    private final IscsiTargetServer server;
    private final BlockingQueue<AgentMessage> answers = new LinkedBlockingQueue<>();
    private final List<byte[]> volumes = new ArrayList<>();

    LiveDiskBench(Path directory, Path device, long diskBytes, RunObserver observer) throws IOException {
        this(directory, device, diskBytes, null, observer);
    }

    /**
     * With tracking if there are {@code pins}.
     */
    LiveDiskBench(Path directory, Path device, long diskBytes, @Nullable Path pins, RunObserver observer)
            throws IOException {
        this(directory, List.of(device), diskBytes, pins, observer);
    }

    /** Several disks of one size. */
    LiveDiskBench(Path directory, List<Path> disks, long diskBytes, @Nullable Path pins, RunObserver observer)
            throws IOException {
        this.diskBytes = diskBytes;
        KernelFiles files = KernelFiles.ofThisHost();
        host = new LinuxHost(files, disks.stream().map(Path::toString).toList(), "test");
        keys = host.devices().stream().map(BlockDevice::key).toList();
        state = StateDirectory.open(directory.resolve("state"));
        freezer = new LinuxFreezer(files, new ProcessCommandRunner(), state.log("watchdog"));
        timed = new TimedFreezer(freezer);
        server = IscsiTargetServer.start(
                TargetServerConfig.plain(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
        BaseStore bases = state.bases();
        loop = RunLoop.of(
                host,
                LinuxAgent.source(timed, new ProcessCommandRunner(), state.root(), pins),
                new RunBench.NoHooks(),
                state,
                bases,
                new TransferStep(
                        new IscsiTargets("127.0.0.1", Optional.empty(), "iqn.2026-11.org.understudy:agent"),
                        exchange,
                        bases,
                        2),
                List.of(observer));
    }

    /** A whole run; the target's volume starts as the last one ended, as a new export of the same head does. */
    AgentMessage.TransferFinished run(String run, @Nullable String base, String point, long freezeLimitMillis)
            throws IOException {
        String iqn = "iqn.2026-11.org.understudy:" + run;
        List<MemoryBlockDevice> devices = new ArrayList<>();
        List<LunDefinition> luns = new ArrayList<>();
        List<ServerMessage.LunAssignment> assignments = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            MemoryBlockDevice device = new MemoryBlockDevice(diskBytes);
            if (!volumes.isEmpty()) {
                device.write(0, ByteBuffer.wrap(volumes.get(i)));
            }
            devices.add(device);
            luns.add(new LunDefinition(i, device, "disk-" + i));
            assignments.add(new ServerMessage.LunAssignment(keys.get(i), i, base, 65536));
        }
        server.add(TargetDefinition.open(iqn, luns.toArray(LunDefinition[]::new))
                .withChap(new ChapCredentials("user", SECRET)));
        try {
            loop.handle(new ServerMessage.BeginRun(1, run, keys, freezeLimitMillis, false), answers::add);
            await(AgentMessage.RunBegun.class);
            loop.handle(
                    new ServerMessage.Transfer(
                            2,
                            run,
                            new ServerMessage.DataTarget(server.plainPort(), iqn, "user", SECRET),
                            assignments,
                            0),
                    answers::add);
            AgentMessage.TransferFinished finished = await(AgentMessage.TransferFinished.class);
            volumes.clear();
            for (MemoryBlockDevice device : devices) {
                byte[] volume = new byte[(int) diskBytes];
                device.read(0, ByteBuffer.wrap(volume));
                volumes.add(volume);
            }
            exchange.commit(run, point);
            loop.handle(new ServerMessage.EndRun(3, run, point), answers::add);
            await(AgentMessage.RunEnded.class);
            return finished;
        } finally {
            server.remove(iqn);
        }
    }

    byte[] volume() {
        return volume(0);
    }

    byte[] volume(int disk) {
        return volumes.get(disk);
    }

    /** Writes the volume into a sparse file. */
    Path dump(Path file) throws IOException {
        return dump(0, file);
    }

    Path dump(int disk, Path file) throws IOException {
        byte[] volume = volumes.get(disk);
        Files.deleteIfExists(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int at = 0; at < volume.length; at += 65536) {
                int length = Math.min(65536, volume.length - at);
                channel.write(ByteBuffer.wrap(volume, at, length), at);
            }
        }
        return file;
    }

    private <T extends AgentMessage> T await(Class<T> type) {
        try {
            AgentMessage answer = answers.poll(120, TimeUnit.SECONDS);
            while (answer instanceof AgentMessage.Progress) {
                answer = answers.poll(120, TimeUnit.SECONDS);
            }
            if (!type.isInstance(answer)) {
                throw new AssertionError("expected " + type.getSimpleName() + ", got " + answer);
            }
            return type.cast(answer);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        loop.close();
        freezer.close();
        state.close();
        server.close();
    }
}
