package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;

/**
 * The power goes in the middle of writing, through the whole stack: what was acknowledged with FUA or before a SYNCHRONIZE
 * CACHE is on the medium; of the rest any 512 byte sectors, in any of their versions, are lost.
 */
@Timeout(120)
class PowerCutTest {

    private static final int SECTORS = 4096;
    private static final int CUTS = 5;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {21, 22, 23, 24, 25, 26, 27, 28})
    void what_was_acknowledged_as_durable_survives_every_cut(long seed) throws IOException {
        Random random = new Random(seed);
        SectorModel model = new SectorModel(SECTORS);
        VolatileCacheDevice device = new VolatileCacheDevice((long) SECTORS * SectorModel.SECTOR);
        for (int cut = 0; cut < CUTS; cut++) {
            device.losePowerAfter(50 + random.nextInt(600));
            long written = writeUntilTheCut(random, device, model);
            MemoryBlockDevice medium = device.powerCut(random);
            assertThat(written)
                    .as("acknowledged writes before cut %d of seed %d", cut, seed)
                    .isPositive();

            device = new VolatileCacheDevice(medium);
            device.losePowerAfter(Long.MAX_VALUE);
            try (IscsiTargetServer server = TestTargets.plainServer()) {
                server.add(TestTargets.target(device));
                ByteBuffer all = ByteBuffer.allocate(SECTORS * SectorModel.SECTOR);
                try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
                    session.disk(0).read(0, all);
                }
                model.assertHolds(all, false, "seed " + seed + ", cut " + cut);
            }
        }
    }

    private static long writeUntilTheCut(Random random, VolatileCacheDevice device, SectorModel model)
            throws IOException {
        try (IscsiTargetServer server = TestTargets.plainServer()) {
            server.add(TestTargets.target(device));
            CrashWriter writer = new CrashWriter(TestTargets.plainAddress(server), model);
            Random first = new Random(random.nextLong());
            Random second = new Random(random.nextLong());
            CompletableFuture<Long> through = CompletableFuture.supplyAsync(() -> writer.writeThrough(second));
            return writer.writeAndFlush(first) + through.join();
        }
    }
}
