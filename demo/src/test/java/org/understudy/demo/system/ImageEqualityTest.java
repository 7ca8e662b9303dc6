package org.understudy.demo.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * What the pool keeps is what the disk was, block for block, however the host wrote before and while it was read; and no more was
 * sent than had to be.
 */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageEqualityTest {

    private static final int ROUNDS = 5;
    private static final long SEED = 7140;
    private static final long SPARE_BYTES = 16L << 20;
    private static final int LARGEST_CHANGE = 1 << 20;
    private static final int LARGEST_CHANGE_MEANWHILE = 16 << 10;
    private static final int CHANGES = 24;

    /** Payload may exceed what has to be sent by this much: metadata that change between two passes. */
    private static final double TOLERANCE = 1.02;

    @SuppressWarnings("NullAway.Init")
    private Lab lab;

    @BeforeAll
    void startAppliance() throws Exception {
        lab = new Lab("images", "--understudy.storage.pool-size=8GB", "--understudy.protection.retries=0");
        lab.startServer();
    }

    @AfterAll
    void takeDown() {
        if (lab != null) {
            lab.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"ext4, 96", "xfs, 320", "btrfs, 256"})
    void thePointIsTheDiskAsItWasWhileFrozen(String type, int mebibytes) throws Exception {
        System.out.println(type + ": seed " + SEED);
        Random random = new Random(SEED);
        LiveDisk disk = lab.register(LiveDisk.make(lab.commands, lab.work, type, type, (long) mebibytes << 20));
        disk.write("content", 8 << 20, random);
        Lab.Host host = lab.enrol(type, disk);
        host.allowLongFreeze();
        Path before = lab.work.resolve(type + ".before");
        for (int round = 1; round <= ROUNDS; round++) {
            changeALot(disk, random);
            boolean busy = round % 2 == 0;
            JsonNode run;
            try (Writer writer = busy ? new Writer(disk, random.nextLong()) : null) {
                run = host.backUpAndCompare();
            }
            LiveDisk.requireSound(
                    lab.commands, type, host.image(run.get("pointId").asString()), lab.work);
            assertThat(run.get("first").asBoolean()).isEqualTo(round == 1);
            if (!busy) {
                requireLittleSent(run, round, before, host.truth);
            }
            Files.copy(host.truth, before, StandardCopyOption.REPLACE_EXISTING);
        }
        host.stopAgent();
    }

    private static void requireLittleSent(JsonNode run, int round, Path before, Path truth) throws IOException {
        long toSend = round == 1 ? DiskFiles.used(truth).totalBytes() : DiskFiles.changedBytes(before, truth);
        long sent = run.get("sentBytes").asLong();
        System.out.println("round " + round + ": " + toSend + " bytes to send, " + sent + " sent");
        assertThat((double) sent).isLessThanOrEqualTo(toSend * TOLERANCE);
    }

    private static void changeALot(LiveDisk disk, Random random) throws IOException {
        for (int i = 0; i < CHANGES; i++) {
            boolean full = disk.freeBytes() < SPARE_BYTES;
            disk.changeAtRandom(random, full ? 1 : LARGEST_CHANGE);
        }
        if (disk.freeBytes() > SPARE_BYTES) {
            disk.write("fresh", 4 << 20, random);
        }
    }

    /** Changes the disk until it is closed, about as fast as a busy server: so fast that a disk is never rewritten as a whole. */
    private static final class Writer implements AutoCloseable {

        private final LiveDisk disk;
        private final Random random;
        private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        private final ScheduledFuture<?> writing;
        private volatile int changes;

        Writer(LiveDisk disk, long seed) {
            this.disk = disk;
            random = new Random(seed);
            writing = timer.scheduleWithFixedDelay(this::change, 0, 5, TimeUnit.MILLISECONDS);
        }

        @SuppressWarnings("NonAtomicVolatileUpdate")
        private void change() {
            try {
                disk.changeAtRandom(random, disk.freeBytes() < SPARE_BYTES ? 1 : LARGEST_CHANGE_MEANWHILE);
                changes++;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws InterruptedException {
            boolean failed = writing.isDone();
            timer.shutdown();
            assertThat(timer.awaitTermination(Lab.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(failed).as("a write during the run failed").isFalse();
            assertThat(changes).as("changes during the run").isPositive();
        }
    }
}
