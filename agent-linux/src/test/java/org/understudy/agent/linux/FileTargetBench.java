package org.understudy.agent.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;
import org.understudy.iscsi.target.TargetServerConfig;

/**
 * Runs of the agent with tracking over a real block device, with the real freezer, into a file behind a real target on loopback. State
 * directory and file may be of an earlier boot.
 *
 * <p>What the file holds is written beside it, because a run may be cut off after it sent something. The appliance rolls its volume back to the
 * last point then; a file cannot be rolled back, so a run from nothing begins with an empty one, and any other refuses a file that
 * is not at its base.
 */
final class FileTargetBench implements AutoCloseable {

    private static final String SECRET = "a-secret-of-the-run";
    /** Long, because a test copies the disk meanwhile, and under emulation. */
    private static final long FREEZE_LIMIT_MILLIS = 300_000;

    private static final long PATIENCE_SECONDS = 600;

    private final MemoryExchange exchange = new MemoryExchange();
    private final StateDirectory state;
    private final LinuxFreezer freezer;
    private final RunLoop loop;
    private final String key;
    private final IscsiTargetServer server;
    private final Path volume;
    private final long sizeBytes;
    private final BlockingQueue<AgentMessage> answers = new LinkedBlockingQueue<>();

    /**
     * @param volume file of the target; made anew by a run without base
     * @param pins where the agent pins its trackers
     */
    FileTargetBench(Path stateDirectory, Path disk, Path volume, Path pins, RunObserver observer) throws IOException {
        this.volume = volume;
        KernelFiles files = KernelFiles.ofThisHost();
        LinuxHost host = new LinuxHost(files, List.of(disk.toString()), "lab");
        key = host.devices().get(0).key();
        try (DirectDiskReader reader = DirectDiskReader.open(disk)) {
            sizeBytes = reader.sizeBytes();
        }
        state = StateDirectory.open(stateDirectory);
        freezer = new LinuxFreezer(files, new ProcessCommandRunner(), state.log("watchdog"));
        server = IscsiTargetServer.start(
                TargetServerConfig.plain(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
        BaseStore bases = state.bases();
        loop = RunLoop.of(
                host,
                LinuxAgent.source(freezer, new ProcessCommandRunner(), state.root(), pins),
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

    /** The point that a volume holds, or a sentence that it holds none. */
    static String held(Path volume) throws IOException {
        Path note = note(volume);
        return Files.exists(note) ? Files.readString(note) : "what a run left that was cut off";
    }

    /** Notes that a volume holds a point. */
    static void holds(Path volume, String point) throws IOException {
        Files.writeString(note(volume), point);
    }

    /** The digests of the point that a volume holds. */
    static Path digests(Path volume) {
        return volume.resolveSibling(volume.getFileName() + ".digests");
    }

    private static Path note(Path volume) {
        return volume.resolveSibling(volume.getFileName() + ".point");
    }

    private void prepare(@Nullable String base) throws IOException {
        if (base == null) {
            Files.deleteIfExists(volume);
            try (RandomAccessFile file = new RandomAccessFile(volume.toFile(), "rw")) {
                file.setLength(sizeBytes);
            }
        } else if (!held(volume).equals(base)) {
            throw new IOException(volume + " holds " + held(volume) + " and not " + base);
        } else {
            // Of an earlier boot, perhaps: the appliance knows what its points hold.
            exchange.put(base, key, Files.readAllBytes(digests(volume)));
        }
        Files.deleteIfExists(note(volume));
    }

    /** A whole run that becomes a point. */
    AgentMessage.TransferFinished run(@Nullable String base, String point) throws IOException {
        prepare(base);
        String run = "run-of-" + point;
        String iqn = "iqn.2026-11.org.understudy:" + run;
        FileBlockDevice device =
                FileBlockDevice.open(volume, false); // flushed and closed by the server when it is withdrawn
        server.add(TargetDefinition.open(iqn, new LunDefinition(0, device, "disk-0"))
                .withChap(new ChapCredentials("user", SECRET)));
        try {
            loop.handle(new ServerMessage.BeginRun(1, run, List.of(key), FREEZE_LIMIT_MILLIS, false), answers::add);
            await(AgentMessage.RunBegun.class);
            loop.handle(
                    new ServerMessage.Transfer(
                            2,
                            run,
                            new ServerMessage.DataTarget(server.plainPort(), iqn, "user", SECRET),
                            List.of(new ServerMessage.LunAssignment(key, 0, base, 65536)),
                            0),
                    answers::add);
            AgentMessage.TransferFinished finished = await(AgentMessage.TransferFinished.class);
            exchange.commit(run, point);
            Files.write(digests(volume), exchange.uploaded(run, key));
            loop.handle(new ServerMessage.EndRun(3, run, point), answers::add);
            await(AgentMessage.RunEnded.class);
            holds(volume, point);
            return finished;
        } finally {
            server.remove(iqn);
        }
    }

    private <T extends AgentMessage> T await(Class<T> type) {
        try {
            AgentMessage answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            while (answer instanceof AgentMessage.Progress) {
                answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
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
