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
                                    directory.resolve("watchdog.log").toString()),
                            directory.resolve("agent.log"));
            try {
                assertThat(agent.output().read())
                        .as("%s", Files.readString(directory.resolve("agent.log")))
                        .isEqualTo('F');
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
