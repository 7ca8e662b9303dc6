package org.understudy.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.testing.MemoryExchange;
import org.understudy.agent.testing.RunBench;
import org.understudy.agent.testing.ScriptedDisk;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.DigestReader;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/** After each run the LUN is the normalised disk at one instant, whatever the host wrote meanwhile. */
class ImageEqualityTest {

    private static final int SIZE = (6 << 20) + 37 * 512;
    private static final int ROUNDS = 6;

    @TempDir
    Path directory;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void volumesEqualTheFrozenDisksAfterEveryRound(long seed) throws IOException {
        Random random = new Random(seed);
        ScriptedDisk first = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        ScriptedDisk second = new ScriptedDisk("serial-2", SIZE / 2 / 512 * 512).mounted(true);
        try (RunBench bench = new RunBench(directory, new MemoryExchange(), List.of(), first, second)) {
            String base = null;
            for (int round = 0; round < ROUNDS; round++) {
                for (ScriptedDisk disk : bench.disks) {
                    reallocate(disk, random);
                    scribble(disk, random, 40);
                    disk.host(() -> {
                        if (random.nextInt(4) == 0) {
                            scribble(disk, random, 1);
                        }
                        if (random.nextInt(60) == 0) {
                            reallocate(disk, random);
                        }
                    });
                }
                String point = "point-" + round;
                AgentMessage.TransferFinished finished = bench.run("run-" + round, base, point);

                assertThat(finished.consistency())
                        .as(finished.consistencyReason())
                        .isEqualTo(Consistency.FILE_SYSTEM);
                for (int i = 0; i < bench.disks.size(); i++) {
                    ScriptedDisk disk = bench.disks.get(i);
                    byte[] volume = bench.targets.durable(i);
                    assertThat(Arrays.mismatch(volume, bench.freezer.truth(disk.key())))
                            .as("first byte of %s that differs", disk.key())
                            .isEqualTo(-1);
                    assertDigests(bench.exchange.uploaded("run-" + round, disk.key()), volume);
                }
                base = point;
            }
            assertThat(bench.exchange.fetches()).as("the bases are kept").isZero();
            assertThat(bench.freezer.openHolds()).isZero();
            assertThat(bench.targets.openSessions()).isZero();
            assertThat(first.openReaders() + second.openReaders()).isZero();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12, 13})
    void aQuietDiskCostsNoMoreThanWhatIsUsedAndThenWhatChanged(long seed) {
        Random random = new Random(seed);
        ScriptedDisk disk = new ScriptedDisk("path-sdb", SIZE);
        try (RunBench bench = new RunBench(directory, new MemoryExchange(), List.of(), disk)) {
            String base = null;
            byte[] before = new byte[SIZE];
            for (int round = 0; round < ROUNDS; round++) {
                if (round % 2 == 0) {
                    reallocate(disk, random);
                }
                scribble(disk, random, 15);
                String point = "point-" + round;
                AgentMessage.DiskTransfer moved =
                        bench.run("run-" + round, base, point).disks().get(0);

                byte[] now = disk.normalised();
                assertThat(Arrays.mismatch(bench.targets.durable(0), now)).isEqualTo(-1);
                assertThat(moved.usedBytes()).isEqualTo(disk.used().totalBytes());
                assertThat(moved.changedBytes()).isEqualTo(changedBlockBytes(before, now));
                assertThat(moved.sentBytes()).isLessThanOrEqualTo(moved.changedBytes());
                if (base == null) {
                    assertThat(moved.sentBytes())
                            .isLessThanOrEqualTo(
                                    disk.used().alignedTo(512, SIZE).totalBytes());
                }
                before = now;
                base = point;
            }
        }
    }

    @Test
    void whatChangesAgainBeforeTheFreezeIsSentOnce() throws IOException {
        Random random = new Random(31);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        disk.use(ExtentSet.of(List.of(new Extent(0, SIZE))));
        try (RunBench bench = new RunBench(directory, new MemoryExchange(), List.of(), disk)) {
            scribble(disk, random, 15);
            bench.run("run-a", null, "point-a");
            byte[] before = bench.targets.durable(0).clone();
            byte[] journal = new byte[9000];
            disk.host(() -> {
                random.nextBytes(journal);
                disk.write(3 << 20, journal);
            });

            AgentMessage.DiskTransfer moved =
                    bench.run("run-b", "point-a", "point-b").disks().get(0);

            byte[] truth = bench.freezer.truth(disk.key());
            assertThat(Arrays.mismatch(bench.targets.durable(0), truth)).isEqualTo(-1);
            assertThat(moved.sentBytes()).isPositive().isLessThanOrEqualTo(changedBlockBytes(before, truth));
        }
    }

    @ParameterizedTest(name = "kept base {0}")
    @ValueSource(strings = {"lost", "damaged"})
    void aBaseThatCannotBeBelievedIsFetchedFromTheAppliance(String what) throws IOException {
        Random random = new Random(21);
        ScriptedDisk disk = new ScriptedDisk("wwn-9", SIZE);
        try (RunBench bench = new RunBench(directory, new MemoryExchange(), List.of(), disk)) {
            reallocate(disk, random);
            scribble(disk, random, 30);
            bench.run("run-a", null, "point-a");
            Path kept = directory.resolve("base/point-a/wwn-9.digests");
            if (what.equals("lost")) {
                Files.delete(kept);
            } else {
                byte[] bytes = Files.readAllBytes(kept);
                bytes[bytes.length / 2] ^= 1;
                Files.write(kept, bytes);
            }
            scribble(disk, random, 5);
            if (what.equals("damaged")) {
                // It is noticed where it is read, so in the middle; the appliance rolls back and tries again.
                byte[] base = bench.targets.durable(0);
                bench.begin("run-x", true);
                bench.await(AgentMessage.RunBegun.class);
                bench.transfer("run-x", "point-a", 0);
                assertThat(bench.await(AgentMessage.Failed.class).code()).isEqualTo(ProblemCode.DIGESTS_DAMAGED);
                bench.targets.put(0, base);
            }

            bench.run("run-b", "point-a", "point-b");

            assertThat(bench.exchange.fetches()).isEqualTo(1);
            assertThat(Arrays.mismatch(bench.targets.durable(0), disk.normalised()))
                    .isEqualTo(-1);
            assertThat(directory.resolve("base/point-a")).doesNotExist();
            assertThat(directory.resolve("base/point-b/wwn-9.digests")).exists();
        }
    }

    private static long changedBlockBytes(byte[] before, byte[] now) {
        long bytes = 0;
        for (int at = 0; at < now.length; at += RunBench.BLOCK) {
            int end = Math.min(now.length, at + RunBench.BLOCK);
            if (!Arrays.equals(before, at, end, now, at, end)) {
                bytes += end - at;
            }
        }
        return bytes;
    }

    /** New used space: some areas of whole sectors, some odd bytes. */
    private static void reallocate(ScriptedDisk disk, Random random) {
        List<Extent> extents = new ArrayList<>();
        extents.add(new Extent(0, 4096));
        for (int i = 0; i < 12; i++) {
            int length = 1 + random.nextInt(disk.size() / 10);
            extents.add(new Extent(random.nextInt(disk.size() - length), length));
        }
        disk.use(ExtentSet.of(extents));
    }

    /** The host writes data, zeros, and what is there already. */
    private static void scribble(ScriptedDisk disk, Random random, int times) {
        for (int i = 0; i < times; i++) {
            byte[] bytes = new byte[1 + random.nextInt(random.nextInt(8) == 0 ? 300_000 : 9000)];
            if (random.nextInt(4) != 0) {
                random.nextBytes(bytes);
            }
            disk.write(random.nextInt(disk.size() - bytes.length), bytes);
        }
    }

    private static void assertDigests(byte[] file, byte[] volume) throws IOException {
        try (DigestReader reader = new DigestReader(new ByteArrayInputStream(file))) {
            assertThat(reader.diskBytes()).isEqualTo(volume.length);
            DigestReader.@Nullable Entry next = reader.next().orElse(null);
            for (int block = 0; block * RunBench.BLOCK < volume.length; block++) {
                int start = block * RunBench.BLOCK;
                BlockDigest expected =
                        BlockDigest.of(ByteBuffer.wrap(volume, start, Math.min(RunBench.BLOCK, volume.length - start)));
                if (expected.isZeroBlock()) {
                    continue;
                }
                assertThat(next).as("block %d", block).isNotNull();
                assertThat(next).isEqualTo(new DigestReader.Entry(block, expected));
                next = reader.next().orElse(null);
            }
            assertThat(next).isNull();
        }
    }
}
