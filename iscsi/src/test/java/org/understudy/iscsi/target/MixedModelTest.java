package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;

/**
 * Several sessions on areas of their own mix every command that changes blocks with aborts, resets, log-outs and cut
 * connections. Reads equal the model; where an acknowledgment was lost, a block is old or new.
 */
@Timeout(120)
class MixedModelTest {

    private static final int SESSIONS = 4;
    private static final int AREA = 1024;
    private static final int STEPS = 150;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {41, 42, 43, 44, 45, 46})
    void reads_equal_the_model_whatever_happens(long seed) throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(SESSIONS);
        // A reset aborts the commands of all sessions without an answer: whoever resets has the target for itself.
        ReadWriteLock resets = new ReentrantReadWriteLock(true);
        try (IscsiTargetServer server = TestTargets.plainServer()) {
            server.add(TestTargets.target(new MemoryBlockDevice((long) SESSIONS * AREA * 512)));
            List<CompletableFuture<MixedSession.Tally>> sessions = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                MixedSession session = new MixedSession(
                        "iqn.2026-11.org.understudy:mixed-" + i,
                        TestTargets.plainAddress(server),
                        i * AREA,
                        AREA,
                        new Random(seed * SESSIONS + i),
                        resets);
                sessions.add(CompletableFuture.supplyAsync(() -> session.run(STEPS), threads));
            }
            int lost = 0;
            for (CompletableFuture<MixedSession.Tally> session : sessions) {
                MixedSession.Tally tally = session.join();
                lost += tally.lostAcknowledgments();
                assertThat(tally.checkedBlocks()).isGreaterThan(AREA);
            }
            System.out.println("seed " + seed + ": " + lost + " acknowledgments lost");
        } finally {
            threads.shutdownNow();
        }
    }
}
