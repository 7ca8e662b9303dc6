package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/**
 * A point is one instant across the disks of a host: of an application that writes first on one disk and then on another, no image ever
 * has the second without the first.
 */
@Tag("platform")
class GroupFreezePlatformTest {

    private static final long SIZE = 160L << 20;
    private static final int ROUNDS = Integer.getInteger("understudy.group.rounds", 4);

    @TempDir
    Path directory;

    @ParameterizedTest(name = "mounted {0} first")
    @ValueSource(strings = {"ledger", "answer"})
    void noImageHasTheAnswerWithoutTheEntry(String firstMounted) throws Exception {
        try (LoopDisk ledger = new LoopDisk(directory, "ledger.img", SIZE);
                LoopDisk answer = new LoopDisk(directory, "answer.img", SIZE);
                PinDirectory pins = new PinDirectory(directory)) {
            ledger.format("ext4", ledger.device());
            answer.format("ext4", answer.device());
            Path first = directory.resolve("ledger");
            Path second = directory.resolve("answer");
            // The order of mounting is the reverse of the order of freezing.
            if (firstMounted.equals("ledger")) {
                ledger.mount(ledger.device(), first);
                answer.mount(answer.device(), second);
            } else {
                answer.mount(answer.device(), second);
                ledger.mount(ledger.device(), first);
            }
            try (LiveDiskBench bench = new LiveDiskBench(
                            directory,
                            List.of(ledger.device(), answer.device()),
                            SIZE,
                            pins.pins(),
                            (phase, run, pass) -> {});
                    OrderedWriter writer = new OrderedWriter(first.resolve("entry"), second.resolve("answer"));
                    FileWriters others = new FileWriters(41, first, second)) {
                @Nullable String base = null;
                for (int round = 0; round < ROUNDS; round++) {
                    long before = writer.turns();
                    await().atMost(Duration.ofSeconds(60)).until(() -> writer.turns() > before + 500);

                    AgentMessage.TransferFinished finished =
                            bench.run("run-" + round, base, "point-" + round, round == 0 ? 60_000 : 2000);

                    assertThat(finished.consistency())
                            .as(finished.consistencyReason())
                            .isEqualTo(Consistency.FILE_SYSTEM);
                    long entry = counter(ledger, bench.dump(0, directory.resolve("ledger.copy")), "entry");
                    long said = counter(answer, bench.dump(1, directory.resolve("answer.copy")), "answer");
                    System.err.println("group freeze round " + round + ": entry " + entry + ", answer " + said
                            + ", written until now " + writer.turns());
                    assertThat(entry).isPositive().isGreaterThan(before);
                    // The writer was between the two writes, or at one of them.
                    assertThat(said).isBetween(entry - 1, entry);
                    base = "point-" + round;
                }
            }
        }
    }

    @Test
    void aFileSystemThatLiesOnTwoDisksIsFrozenOnce() throws Exception {
        try (LoopDisk one = new LoopDisk(directory, "one.img", SIZE);
                LoopDisk two = new LoopDisk(directory, "two.img", SIZE);
                PinDirectory pins = new PinDirectory(directory)) {
            one.run(
                    "mkfs.btrfs",
                    "-q",
                    "-f",
                    "-d",
                    "raid1",
                    "-m",
                    "raid1",
                    one.device().toString(),
                    two.device().toString());
            Path mountPoint = directory.resolve("mirror");
            one.run(
                    "btrfs",
                    "device",
                    "scan",
                    one.device().toString(),
                    two.device().toString());
            one.mount(one.device(), mountPoint);
            try (LiveDiskBench bench = new LiveDiskBench(
                            directory,
                            List.of(one.device(), two.device()),
                            SIZE,
                            pins.pins(),
                            (phase, run, pass) -> {});
                    FileWriters writers = new FileWriters(43, mountPoint)) {
                await().atMost(Duration.ofSeconds(60)).until(() -> writers.writes() > 200);

                AgentMessage.TransferFinished finished = bench.run("run-1", null, "point-1", 60_000);

                assertThat(finished.consistency())
                        .as(finished.consistencyReason())
                        .isEqualTo(Consistency.FILE_SYSTEM);
                assertThat(bench.timed.millis()).isNotEmpty();
            }
        }
    }

    /** What the file in the image holds. */
    private long counter(LoopDisk commands, Path image, String file) throws IOException {
        Path mountPoint = Files.createDirectories(directory.resolve("look"));
        commands.run("mount", "-o", "loop", image.toString(), mountPoint.toString());
        try (RandomAccessFile found =
                new RandomAccessFile(mountPoint.resolve(file).toFile(), "r")) {
            return found.readLong();
        } finally {
            commands.run("umount", mountPoint.toString());
            Files.delete(image);
        }
    }

    /** Writes the same number to one file and then to another, and the next, as fast as it can. */
    private static final class OrderedWriter implements AutoCloseable {

        private final AtomicLong turns = new AtomicLong();
        private final Thread thread;
        private volatile boolean stopped;
        private volatile @Nullable IOException failure;

        OrderedWriter(Path first, Path second) {
            thread = new Thread(() -> write(first, second), "ordered-writer");
            thread.setDaemon(true);
            thread.start();
        }

        long turns() {
            return turns.get();
        }

        private void write(Path first, Path second) {
            try (FileChannel one = FileChannel.open(first, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileChannel two = FileChannel.open(second, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                ByteBuffer number = ByteBuffer.allocateDirect(Long.BYTES);
                while (!stopped) {
                    long next = turns.get() + 1;
                    one.write(number.clear().putLong(0, next), 0);
                    two.write(number.clear(), 0);
                    turns.set(next);
                }
            } catch (IOException e) {
                failure = e;
            }
        }

        @Override
        public void close() throws IOException, InterruptedException {
            stopped = true;
            thread.join(60_000);
            IOException problem = failure;
            if (problem != null) {
                throw problem;
            }
        }
    }
}
