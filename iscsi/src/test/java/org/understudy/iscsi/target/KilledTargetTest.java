package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.SessionConfig;

/**
 * A real target process is killed with SIGKILL at seeded moments while two sessions write. The machine lives on, so every
 * acknowledged write, durable or not, must be there after the restart, and no sector torn.
 */
@Tag("system")
@Timeout(300)
class KilledTargetTest {

    private static final int SECTORS = 16384;
    private static final int KILLS = 6;

    @TempDir
    private Path directory;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {31, 32})
    void acknowledged_writes_survive_every_kill(long seed) throws IOException {
        Random random = new Random(seed);
        SectorModel model = new SectorModel(SECTORS);
        Path disk = directory.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength((long) SECTORS * SectorModel.SECTOR);
        }
        for (int kill = 0; kill <= KILLS; kill++) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort());
            try (RunningProcess target = start(disk, address.getPort())) {
                ByteBuffer all = ByteBuffer.allocate(SECTORS * SectorModel.SECTOR);
                try (IscsiSession session = IscsiSession.login(SessionConfig.of(address, TestTargets.IQN))) {
                    session.disk(0).read(0, all);
                }
                model.assertHolds(all, true, "seed " + seed + ", after kill " + kill);
                if (kill < KILLS) {
                    long written = writeUntilKilled(random, address, model, target);
                    assertThat(written)
                            .as("acknowledged writes before kill %d", kill + 1)
                            .isPositive();
                }
            }
        }
    }

    private long writeUntilKilled(Random random, InetSocketAddress address, SectorModel model, RunningProcess target) {
        CrashWriter writer = new CrashWriter(address, model);
        Random first = new Random(random.nextLong());
        Random second = new Random(random.nextLong());
        // Threads of its own: the common pool may have a single one, which the writer keeps.
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Executor later =
                    CompletableFuture.delayedExecutor(300 + random.nextInt(1200), TimeUnit.MILLISECONDS, threads);
            CompletableFuture<Long> through = CompletableFuture.supplyAsync(() -> writer.writeThrough(second), threads);
            CompletableFuture<Void> killed = CompletableFuture.runAsync(() -> kill(target), later);
            long written = writer.writeAndFlush(first) + through.join();
            killed.join();
            return written;
        } finally {
            threads.shutdownNow();
        }
    }

    private void kill(RunningProcess target) {
        commands.run(Command.of("kill", "-KILL", Long.toString(target.pid()))).orThrow();
    }

    private RunningProcess start(Path disk, int port) {
        Path log = directory.resolve("target-" + port + ".log");
        RunningProcess target = commands.start(
                Command.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.understudy.iscsi.cli.IscsiCommand",
                        "target",
                        "--listen",
                        "127.0.0.1:" + port,
                        "--iqn",
                        TestTargets.IQN,
                        "--lun",
                        disk.toString()),
                log);
        await("start of the target")
                .atMost(Duration.ofSeconds(60))
                .until(() -> Files.exists(log) && Files.readString(log).contains("listens on port"));
        return target;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
