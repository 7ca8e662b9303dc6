package org.understudy.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.iscsi.CuttingRelay;
import org.understudy.iscsi.GatedDevice;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.target.IscsiTargetServer;

/** Commands that are sent when others complete: nothing blocks, however few places there are, and nothing is lost. */
@Timeout(90)
class ChainedCommandsTest {

    private static final int BLOCK = 4096;
    private static final int LANE_BYTES = 1 << 20;
    private static final int STEPS = 300;

    private IscsiTargetServer server;

    @BeforeEach
    void start() throws IOException {
        server = TestTargets.dualServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest(name = "{0} lanes in {1} places, seed {2}")
    @CsvSource({"1,1,1", "8,1,2", "8,3,3", "40,4,4", "16,64,5", "64,64,6"})
    void chains_of_reads_and_writes_move_every_byte(int lanes, int places, long seed) throws Exception {
        server.add(TestTargets.target(new MemoryBlockDevice((long) lanes * LANE_BYTES)));
        SessionConfig config = SessionConfig.of(TestTargets.plainAddress(server), TestTargets.IQN)
                .withDigests(seed % 2 == 0, seed % 3 == 0)
                .withTimeout(Duration.ofSeconds(10))
                .withQueueDepth(places);
        try (IscsiSession session = IscsiSession.login(config)) {
            run(session, lanes, seed);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {21, 22, 23})
    void chains_go_on_when_the_connection_is_cut(long seed) throws Exception {
        server.add(TestTargets.target(new MemoryBlockDevice(8L * LANE_BYTES)));
        try (CuttingRelay relay = new CuttingRelay(TestTargets.plainAddress(server), seed, 4_000_000)) {
            SessionConfig config = SessionConfig.of(relay.address(), TestTargets.IQN)
                    .withReconnect(
                            new Reconnect(1000, Duration.ofSeconds(30), Duration.ofMillis(1), Duration.ofMillis(20)))
                    .withTimeout(Duration.ofSeconds(10))
                    .withQueueDepth(5);
            try (IscsiSession session = loggedIn(config)) {
                run(session, 8, seed);
            }
        }
    }

    @ParameterizedTest(name = "{0} lanes")
    @ValueSource(ints = {1, 20})
    void a_chain_ends_with_the_cause_when_the_target_goes(int lanes) throws Exception {
        server.add(TestTargets.target(new MemoryBlockDevice((long) lanes * LANE_BYTES)));
        SessionConfig config = SessionConfig.of(TestTargets.plainAddress(server), TestTargets.IQN)
                .withTimeout(Duration.ofSeconds(10))
                .withQueueDepth(3);
        try (IscsiSession session = IscsiSession.login(config)) {
            RemoteDisk disk = session.disk(0);
            CompletableFuture<?>[] ends = new CompletableFuture<?>[lanes];
            CompletableFuture<Void> begun = new CompletableFuture<>();
            for (int i = 0; i < lanes; i++) {
                ends[i] = endless(disk, (long) i * LANE_BYTES, begun);
            }
            begun.get(10, TimeUnit.SECONDS);

            server.close();

            for (CompletableFuture<?> end : ends) {
                assertThatThrownBy(() -> end.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(ConnectionLost.class);
            }
        }
    }

    @Test
    void answers_come_in_while_writes_of_a_completion_find_no_way_out() throws Exception {
        int writes = 64;
        int bytes = 256 << 10;
        GatedDevice first = new GatedDevice((long) writes * bytes);
        GatedDevice second = new GatedDevice(LANE_BYTES);
        server.add(TestTargets.target(first, second));
        try (CuttingRelay relay = new CuttingRelay(TestTargets.plainAddress(server), 1, 0)) {
            SessionConfig config = SessionConfig.of(relay.address(), TestTargets.IQN)
                    .withTimeout(Duration.ofSeconds(30))
                    .withQueueDepth(writes + 4);
            try (IscsiSession session = IscsiSession.login(config)) {
                RemoteDisk disk = session.disk(0);
                RemoteDisk other = session.disk(1);
                first.shut();
                second.shut();
                CompletableFuture<?>[] reads = new CompletableFuture<?>[3];
                for (int i = 0; i < reads.length; i++) {
                    reads[i] = other.readAsync(0, ByteBuffer.allocate(BLOCK));
                }
                byte[] content = new byte[writes * bytes];
                new Random(7).nextBytes(content);
                CompletableFuture<?>[] written = new CompletableFuture<?>[writes];
                CompletableFuture<Void> begun = disk.readAsync(0, ByteBuffer.allocate(BLOCK))
                        .thenRun(() -> {
                            for (int i = 0; i < writes; i++) {
                                written[i] =
                                        disk.writeAsync((long) i * bytes, ByteBuffer.wrap(content, i * bytes, bytes));
                            }
                        });
                // Commands arrive in order: the other reads are there too.
                first.awaitCaller();
                relay.holdBack();

                first.open();
                begun.get(10, TimeUnit.SECONDS);
                second.open();

                CompletableFuture.allOf(reads).get(10, TimeUnit.SECONDS);
                relay.letThrough();
                CompletableFuture.allOf(written).get(20, TimeUnit.SECONDS);
                ByteBuffer now = ByteBuffer.allocate(content.length);
                disk.read(0, now);
                assertThat(now.array()).isEqualTo(content);
            }
        }
    }

    /** A login through a relay that may cut it: tried until it holds. */
    private static IscsiSession loggedIn(SessionConfig config) throws IOException {
        ConnectionLost last = null;
        for (int attempt = 0; attempt < 50; attempt++) {
            try {
                return IscsiSession.login(config);
            } catch (ConnectionLost e) {
                last = e;
            }
        }
        throw new IOException("no login in 50 attempts", last);
    }

    private static CompletableFuture<Void> endless(RemoteDisk disk, long offset, CompletableFuture<Void> begun) {
        return disk.readAsync(offset, ByteBuffer.allocate(BLOCK)).thenCompose(done -> {
            begun.complete(null);
            return endless(disk, offset, begun);
        });
    }

    private static void run(IscsiSession session, int count, long seed) throws Exception {
        RemoteDisk disk = session.disk(0);
        Lane[] lanes = new Lane[count];
        for (int i = 0; i < count; i++) {
            lanes[i] = new Lane(disk, (long) i * LANE_BYTES, new Random(seed * 1000 + i));
            lanes[i].next(STEPS / Math.min(count, 8));
        }
        for (Lane lane : lanes) {
            lane.ended.get(60, TimeUnit.SECONDS);
            ByteBuffer now = ByteBuffer.allocate(LANE_BYTES);
            disk.read(lane.base, now);
            assertThat(now.array()).isEqualTo(lane.model);
        }
    }

    /** A part of the disk with one command under way, each begun by the completion of the one before. */
    private static final class Lane {
        private final RemoteDisk disk;
        private final long base;
        private final Random random;
        private final byte[] model = new byte[LANE_BYTES];
        private final CompletableFuture<Void> ended = new CompletableFuture<>();

        Lane(RemoteDisk disk, long base, Random random) {
            this.disk = disk;
            this.base = base;
            this.random = random;
        }

        void next(int left) {
            if (left == 0) {
                ended.complete(null);
                return;
            }
            int blocks = 1 + (random.nextInt(4) == 0 ? random.nextInt(64) : random.nextInt(4));
            int offset = random.nextInt(LANE_BYTES / BLOCK - blocks) * BLOCK;
            byte[] bytes = new byte[blocks * BLOCK];
            CompletableFuture<Void> step;
            if (random.nextBoolean()) {
                random.nextBytes(bytes);
                System.arraycopy(bytes, 0, model, offset, bytes.length);
                ByteBuffer source = ByteBuffer.wrap(bytes.clone());
                step = disk.writeAsync(base + offset, source)
                        // From now on it is the caller's again: whoever still sent it would send this.
                        .thenRun(() -> java.util.Arrays.fill(source.array(), (byte) 0xEE));
            } else {
                byte[] expected = java.util.Arrays.copyOfRange(model, offset, offset + bytes.length);
                step = disk.readAsync(base + offset, ByteBuffer.wrap(bytes))
                        .thenRun(() -> assertThat(bytes).isEqualTo(expected));
            }
            var unused = step.whenComplete((done, trouble) -> {
                if (trouble == null) {
                    next(left - 1);
                } else {
                    ended.completeExceptionally(trouble);
                }
            });
        }
    }
}
