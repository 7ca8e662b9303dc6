package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.agent.snapshot.Freezer;
import org.understudy.core.command.Command;
import org.understudy.core.command.InteractiveProcess;
import org.understudy.core.command.ProcessCommandRunner;

/** Nobody may leave a file system frozen: neither an agent that hangs nor one that is killed. */
@Tag("platform")
class FreezeWatchdogPlatformTest {

    private static final long SIZE = 64L << 20;

    @TempDir
    Path directory;

    private static List<FileSystemMount> mountsOf(LoopDisk disk) throws IOException {
        return new MountFinder(KernelFiles.ofThisHost())
                .mountsOf(disk.device().getFileName().toString());
    }

    /** Writes a file in the file system; the future ends when the kernel let it. */
    private static CompletableFuture<Long> write(Path mountPoint) {
        long started = System.nanoTime();
        CompletableFuture<Long> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                Files.writeString(mountPoint.resolve("file"), "x");
                done.complete(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started));
            } catch (IOException e) {
                done.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private LoopDisk mounted(Path mountPoint) throws IOException {
        LoopDisk disk = new LoopDisk(directory, SIZE);
        disk.format("ext4", disk.device());
        disk.mount(disk.device(), mountPoint);
        return disk;
    }

    @Test
    void aFreezeHoldsWritersUntilTheThawAndIsProvenByIt() throws Exception {
        Path mountPoint = directory.resolve("mnt");
        try (LoopDisk disk = mounted(mountPoint);
                LinuxFreezer freezer = freezer()) {
            try (Freezer.Hold hold = freezer.prepare(mountsOf(disk), Duration.ofSeconds(20))) {
                hold.sync();
                assertThat(hold.freeze()).isEmpty();
                CompletableFuture<Long> write = write(mountPoint);
                await().during(Duration.ofMillis(500))
                        .atMost(Duration.ofSeconds(5))
                        .until(() -> !write.isDone());
                assertThat(hold.thaw()).isTrue();
                write.get(10, TimeUnit.SECONDS);
            }
            // The watchdog let go: nothing keeps the file system busy.
            assertThat(disk.status("umount", mountPoint.toString())).isZero();
        }
    }

    private LinuxFreezer freezer() {
        return new LinuxFreezer(
                KernelFiles.ofThisHost(), new ProcessCommandRunner(), directory.resolve("watchdog.log"));
    }

    @Test
    void theWatchdogThawsWhenTheLimitPassesAndTheFreezeDoesNotCount() throws Exception {
        Path mountPoint = directory.resolve("mnt");
        try (LoopDisk disk = mounted(mountPoint);
                LinuxFreezer freezer = freezer();
                Freezer.Hold hold = freezer.prepare(mountsOf(disk), Duration.ofMillis(1500))) {
            long armed = System.nanoTime();
            hold.freeze();
            CompletableFuture<Long> write = write(mountPoint);
            write.get(20, TimeUnit.SECONDS);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - armed);
            assertThat(millis).isBetween(1300L, 2500L);
            assertThat(hold.thaw()).isFalse();
        }
    }

    @Test
    void theWatchdogThawsWithinASecondOfTheAgentsDeath() throws Exception {
        Path mountPoint = directory.resolve("mnt");
        try (LoopDisk disk = mounted(mountPoint)) {
            InteractiveProcess agent = freezingAgent(disk, 300_000);
            try {
                List<ProcessHandle> watchdogs = ProcessHandle.of(agent.pid())
                        .orElseThrow()
                        .descendants()
                        .toList();
                assertThat(watchdogs).hasSize(1);
                CompletableFuture<Long> write = write(mountPoint);
                await().during(Duration.ofMillis(300))
                        .atMost(Duration.ofSeconds(5))
                        .until(() -> !write.isDone());

                long killed = System.nanoTime();
                ProcessHandle.of(agent.pid()).orElseThrow().destroyForcibly();
                write.get(20, TimeUnit.SECONDS);

                assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed))
                        .isLessThan(1000);
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> !watchdogs.get(0).isAlive());
            } finally {
                agent.close();
            }
        }
    }

    /** With the limit of a real policy, under load, in either way in which an agent can fail. */
    @ParameterizedTest(name = "kill -{0}")
    @ValueSource(strings = {"KILL", "STOP"})
    void nobodyWaitsASecondLongerThanTheLimitWhenTheAgentFails(String signal) throws Exception {
        long limitMillis = 500;
        Path mountPoint = directory.resolve("mnt");
        try (LoopDisk disk = mounted(mountPoint);
                PauseProbe probe = new PauseProbe(mountPoint);
                FileWriters writers = new FileWriters(51, mountPoint)) {
            for (int round = 0; round < 3; round++) {
                long before = writers.writes();
                await().atMost(Duration.ofSeconds(30)).until(() -> writers.writes() > before + 20);
                probe.takeWorstMillis();
                InteractiveProcess agent = freezingAgent(disk, limitMillis);
                try {
                    disk.run("kill", "-" + signal, Long.toString(agent.pid()));
                    long frozen = writers.writes();
                    await().atMost(Duration.ofSeconds(30)).until(() -> writers.writes() > frozen + 20);

                    double worst = probe.takeWorstMillis();
                    System.err.println("kill -" + signal + " while frozen: the longest write took " + Math.round(worst)
                            + " ms, the limit was " + limitMillis);
                    assertThat(worst).isLessThan(limitMillis + 1000);
                } finally {
                    ProcessHandle.of(agent.pid()).ifPresent(ProcessHandle::destroyForcibly);
                    agent.close();
                }
            }
        }
    }

    /** A process that has frozen the file system of the disk. */
    private InteractiveProcess freezingAgent(LoopDisk disk, long limitMillis) throws IOException {
        InteractiveProcess agent = new ProcessCommandRunner()
                .converse(
                        Command.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:-UsePerfData",
                                "-cp",
                                System.getProperty("java.class.path"),
                                FreezeForever.class.getName(),
                                disk.device().getFileName().toString(),
                                directory.resolve("watchdog.log").toString(),
                                Long.toString(limitMillis)),
                        directory.resolve("agent.log"));
        assertThat(agent.output().read())
                .as("%s", Files.readString(directory.resolve("agent.log")))
                .isEqualTo('F');
        return agent;
    }

    @Test
    void anotherMountOverTheMountPointIsNotFrozenByMistake() throws Exception {
        Path mountPoint = directory.resolve("mnt");
        try (LoopDisk disk = mounted(mountPoint);
                LinuxFreezer freezer = freezer()) {
            List<FileSystemMount> mounts = mountsOf(disk);
            disk.run("mount", "-t", "tmpfs", "none", mountPoint.toString());
            try {
                org.assertj.core.api.Assertions.assertThatThrownBy(() ->
                                freezer.prepare(mounts, Duration.ofSeconds(5)).close())
                        .hasMessageContaining("another mount hides it");
            } finally {
                disk.run("umount", mountPoint.toString());
            }
        }
    }
}
