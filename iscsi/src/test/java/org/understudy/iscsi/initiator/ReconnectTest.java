package org.understudy.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.iscsi.CuttingRelay;
import org.understudy.iscsi.GatedDevice;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.IscsiException.LunChanged;
import org.understudy.iscsi.IscsiException.OutcomeUnknown;
import org.understudy.iscsi.IscsiException.UnflushedWritesInDoubt;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;

/** A session that loses its connection goes on as if nothing had happened, or says what is no longer certain. */
class ReconnectTest {

    private static final int BLOCK = 512;
    private static final int BLOCKS = 2048;
    private static final int SIZE = BLOCKS * BLOCK;
    private static final Reconnect PATIENT =
            new Reconnect(1000, Duration.ofSeconds(30), Duration.ofMillis(1), Duration.ofMillis(20));

    private IscsiTargetServer server;
    private CuttingRelay relay;

    @BeforeEach
    void start() throws IOException {
        server = TestTargets.dualServer();
        relay = new CuttingRelay(TestTargets.plainAddress(server), 0, 0);
    }

    @AfterEach
    void stop() throws IOException {
        relay.close();
        server.close();
    }

    private SessionConfig through(CuttingRelay way) {
        return SessionConfig.of(way.address(), TestTargets.IQN)
                .withReconnect(PATIENT)
                .withTimeout(Duration.ofSeconds(10));
    }

    private CuttingRelay relay(long seed, int longestLife) throws IOException {
        relay.close();
        relay = new CuttingRelay(TestTargets.plainAddress(server), seed, longestLife);
        return relay;
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] read(RemoteDisk disk, long offset, int length) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(length);
        disk.read(offset, target);
        return target.array();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void reads_equal_the_model_whatever_is_cut(long seed) throws IOException {
        Random random = new Random(seed);
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE))
                .withChap(new ChapCredentials("agent", "a-long-secret-1")));
        SessionConfig config = through(relay(seed, 400_000))
                .withChap(new ChapCredentials("agent", "a-long-secret-1"))
                .withDigests(random.nextBoolean(), random.nextBoolean())
                .withQueueDepth(1 + random.nextInt(32));
        exercise(random, config);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12})
    void inside_tls_too(long seed) throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
        relay.close();
        relay = new CuttingRelay(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.tlsPort()), seed, 600_000);
        SessionConfig tls = TestTargets.tlsSession(server, "agent-one");
        exercise(new Random(seed), through(relay).withTls(tls.tls().orElseThrow()));
    }

    private void exercise(Random random, SessionConfig config) throws IOException {
        byte[] model = new byte[SIZE];
        BitSet busy = new BitSet(BLOCKS);
        List<CompletableFuture<Void>> writes = new ArrayList<>();
        Runnable settle = () -> {
            writes.forEach(CompletableFuture::join);
            writes.clear();
            busy.clear();
        };
        try (IscsiSession session = firstLogin(config)) {
            RemoteDisk disk = firstDisk(session);
            for (int step = 0; step < 200; step++) {
                int count = 1 + random.nextInt(200);
                int block = random.nextInt(BLOCKS - count);
                if (busy.get(block, block + count).cardinality() > 0) {
                    // Writes in flight must not overlap; a block that is rewritten again and again is the hard case.
                    settle.run();
                }
                int choice = random.nextInt(100);
                if (choice < 65) {
                    byte[] data = random(count * BLOCK, random.nextLong());
                    System.arraycopy(data, 0, model, block * BLOCK, data.length);
                    busy.set(block, block + count);
                    writes.add(disk.writeAsync((long) block * BLOCK, ByteBuffer.wrap(data)));
                } else if (choice < 88) {
                    byte[] found = read(disk, (long) block * BLOCK, count * BLOCK);
                    byte[] expected = Arrays.copyOfRange(model, block * BLOCK, (block + count) * BLOCK);
                    assertThat(Arrays.mismatch(found, expected))
                            .as("read at block %d in step %d", block, step)
                            .isEqualTo(-1);
                } else if (choice < 95) {
                    disk.unmap((long) block * BLOCK, (long) count * BLOCK);
                    Arrays.fill(model, block * BLOCK, (block + count) * BLOCK, (byte) 0);
                } else {
                    disk.flush();
                }
            }
            settle.run();
            // One command for all cannot pass where every connection dies sooner.
            relay.calm();
            relay.cutAll();
            assertThat(Arrays.mismatch(read(disk, 0, SIZE), model)).isEqualTo(-1);
            disk.flush();
            assertThat(session.reconnects()).isPositive();
        }
    }

    /** The first login has no session to keep: it may fail and is tried again. */
    private static IscsiSession firstLogin(SessionConfig config) throws IOException {
        while (true) {
            try {
                return IscsiSession.login(config);
            } catch (ConnectionLost e) {
                assertThat(e).hasMessageContaining("no connection");
            }
        }
    }

    private static RemoteDisk firstDisk(IscsiSession session) throws IOException {
        return session.disk(0);
    }

    @Test
    void without_a_policy_everything_under_way_fails() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
        SessionConfig config = SessionConfig.of(relay(1, 0).address(), TestTargets.IQN);
        try (IscsiSession session = IscsiSession.login(config)) {
            RemoteDisk disk = session.disk(0);
            relay.cutAll();
            assertThatExceptionOfType(ConnectionLost.class).isThrownBy(() -> disk.read(0, ByteBuffer.allocate(BLOCK)));
        }
    }

    @Test
    void the_same_running_target_lost_nothing_and_a_flush_says_so() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
        try (IscsiSession session = IscsiSession.login(through(relay(1, 0)))) {
            RemoteDisk disk = session.disk(0);
            disk.write(0, ByteBuffer.wrap(random(4096, 1)));
            relay.cutAll();
            disk.flush();
            assertThat(read(disk, 0, 4096)).isEqualTo(random(4096, 1));
        }
    }

    @Test
    void a_target_that_was_started_anew_makes_the_next_flush_fail_once() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
        try (IscsiSession session = IscsiSession.login(through(relay(1, 0)));
                IscsiTargetServer after = TestTargets.plainServer()) {
            RemoteDisk disk = session.disk(0);
            disk.write(0, ByteBuffer.wrap(random(4096, 1)));
            disk.flush();
            disk.write(4096, ByteBuffer.wrap(random(4096, 2)));
            after.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
            relay.leadTo(TestTargets.plainAddress(after));
            relay.cutAll();

            assertThatExceptionOfType(UnflushedWritesInDoubt.class).isThrownBy(disk::flush);
            disk.write(4096, ByteBuffer.wrap(random(4096, 2)));
            disk.flush();
            assertThat(read(disk, 4096, 4096)).isEqualTo(random(4096, 2));
        }
    }

    @Test
    void a_restart_with_everything_flushed_is_no_reason_for_doubt() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
        try (IscsiSession session = IscsiSession.login(through(relay(1, 0)));
                IscsiTargetServer after = TestTargets.plainServer()) {
            RemoteDisk disk = session.disk(0);
            disk.write(0, ByteBuffer.wrap(random(4096, 1)));
            disk.flush();
            after.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
            relay.leadTo(TestTargets.plainAddress(after));
            relay.cutAll();
            disk.flush();
            assertThat(session.reconnects()).isEqualTo(1);
        }
    }

    @Test
    void a_unit_of_another_identity_or_size_is_not_written_to() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
        for (LunDefinition other : List.of(
                new LunDefinition(0, new MemoryBlockDevice(SIZE), "ANOTHER"),
                new LunDefinition(0, new MemoryBlockDevice(2 * SIZE), "SERIAL-0"),
                new LunDefinition(1, new MemoryBlockDevice(SIZE), "SERIAL-0"))) {
            try (CuttingRelay way = new CuttingRelay(TestTargets.plainAddress(server), 1, 0);
                    IscsiTargetServer after = TestTargets.plainServer();
                    IscsiSession session = IscsiSession.login(through(way))) {
                RemoteDisk disk = session.disk(0);
                after.add(TargetDefinition.open(TestTargets.IQN, other));
                way.leadTo(TestTargets.plainAddress(after));
                way.cutAll();
                assertThatThrownBy(() -> {
                            disk.write(0, ByteBuffer.wrap(random(4096, 3)));
                            disk.flush();
                        })
                        .hasRootCauseInstanceOf(LunChanged.class);
                assertThat(((MemoryBlockDevice) other.device()).allocatedBytes())
                        .isZero();
            }
        }
    }

    @Test
    void compare_and_write_is_never_sent_twice() throws Exception {
        GatedDevice device = new GatedDevice(SIZE);
        server.add(TestTargets.target(device));
        try (IscsiSession session = IscsiSession.login(through(relay(1, 0)))) {
            RemoteDisk disk = session.disk(0);
            ByteBuffer zeros = ByteBuffer.allocate(BLOCK);
            ByteBuffer ones = ByteBuffer.wrap(random(BLOCK, 1));
            assertThat(disk.compareAndWrite(0, zeros, ones)).isTrue();
            assertThat(disk.compareAndWrite(0, zeros, ones)).isFalse();

            device.shut();
            CompletableFuture<Throwable> outcome = CompletableFuture.supplyAsync(() -> {
                try {
                    disk.compareAndWrite(0, ones, zeros);
                    return new AssertionError("it was answered");
                } catch (IOException e) {
                    return e;
                }
            });
            device.awaitCaller();
            relay.cutAll();
            device.open();
            assertThat(outcome.join()).isInstanceOf(OutcomeUnknown.class);
            assertThat(read(disk, 4096, BLOCK)).isEqualTo(new byte[BLOCK]);
        }
    }

    @Test
    void a_target_that_does_not_come_back_is_given_up() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
        Reconnect thrice = new Reconnect(3, Duration.ofSeconds(5), Duration.ofMillis(1), Duration.ofMillis(1));
        SessionConfig config = through(relay(1, 0)).withReconnect(thrice);
        try (IscsiSession session = IscsiSession.login(config)) {
            RemoteDisk disk = session.disk(0);
            server.remove(TestTargets.IQN);
            assertThatExceptionOfType(ConnectionLost.class)
                    .isThrownBy(() -> disk.read(0, ByteBuffer.allocate(BLOCK)))
                    .withMessageContaining("0x0203");
        }
    }

    @Test
    void a_target_that_no_longer_wants_us_is_not_asked_again() throws IOException {
        ChapCredentials chap = new ChapCredentials("agent", "a-long-secret-1");
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE)).withChap(chap));
        try (IscsiSession session = IscsiSession.login(through(relay(1, 0)).withChap(chap));
                IscsiTargetServer after = TestTargets.plainServer()) {
            RemoteDisk disk = session.disk(0);
            after.add(TestTargets.target(new MemoryBlockDevice(SIZE))
                    .withChap(new ChapCredentials("agent", "changed-secret-2")));
            relay.leadTo(TestTargets.plainAddress(after));
            relay.cutAll();
            assertThatExceptionOfType(ConnectionLost.class)
                    .isThrownBy(() -> disk.read(0, ByteBuffer.allocate(BLOCK)))
                    .withMessageContaining("0x0201");
        }
    }

    @Test
    void delays_double_up_to_the_longest() {
        Reconnect policy = new Reconnect(9, Duration.ofSeconds(60), Duration.ofMillis(100), Duration.ofSeconds(1));
        assertThat(List.of(1, 2, 3, 5, 6, 60))
                .map(policy::delayBefore)
                .map(Duration::toMillis)
                .containsExactly(0L, 100L, 200L, 800L, 1000L, 1000L);
        assertThatThrownBy(() -> Reconnect.within(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }
}
