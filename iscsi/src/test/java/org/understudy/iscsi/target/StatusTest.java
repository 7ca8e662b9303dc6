package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.TlsContexts;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.RefusedLogin.Reason;
import org.understudy.iscsi.target.TargetStatus.SessionStatus;

/** What a server tells about itself: figures, and who was not let in. */
class StatusTest {

    private static final ChapCredentials RIGHT = new ChapCredentials("agent", "a-long-secret-1");

    private final BlockingQueue<RefusedLogin> refusals = new LinkedBlockingQueue<>();
    private IscsiTargetServer server;

    @BeforeEach
    void start() throws IOException {
        server = serverWith(Limits.defaults());
    }

    private IscsiTargetServer serverWith(Limits limits) throws IOException {
        return IscsiTargetServer.start(
                new TargetServerConfig(TestTargets.anyPort(), TestTargets.anyPort(), TlsContexts.of("server"), limits)
                        .withLoginListener(refusals::add));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static TargetDefinition target() {
        return TestTargets.target(new MemoryBlockDevice(1 << 20));
    }

    private RefusedLogin refusalOf(SessionConfig config) throws InterruptedException {
        assertThat(catchThrowable(() -> IscsiSession.login(config).close())).isInstanceOf(IOException.class);
        return next();
    }

    private RefusedLogin next() throws InterruptedException {
        RefusedLogin refused = refusals.poll(20, TimeUnit.SECONDS);
        assertThat(refused).as("refusal that was told").isNotNull();
        assertThat(refused.peer().getAddress().isLoopbackAddress()).isTrue();
        return refused;
    }

    @Test
    void every_kind_of_refusal_is_told_with_its_reason() throws InterruptedException {
        SessionConfig plain = TestTargets.session(server);
        RefusedLogin unknown = refusalOf(plain);
        assertThat(unknown.reason()).isEqualTo(Reason.UNKNOWN_TARGET);
        assertThat(unknown.targetName()).isEqualTo(TestTargets.IQN);
        assertThat(unknown.initiatorName()).isEqualTo(plain.initiatorName());

        server.add(target().withChap(RIGHT));
        RefusedLogin wrong = refusalOf(plain.withChap(new ChapCredentials("agent", "wrong-secret-12")));
        assertThat(wrong.reason()).isEqualTo(Reason.WRONG_CREDENTIALS);
        assertThat(wrong.detail()).doesNotContain("secret-12");
        assertThat(server.targets().get(0).refusedLogins()).isEqualTo(1);
        server.remove(TestTargets.IQN);

        server.add(target().withAllowedInitiators(Set.of("iqn.2026-11.org.understudy:friend")));
        assertThat(refusalOf(plain).reason()).isEqualTo(Reason.ACCESS_LIST);
        server.remove(TestTargets.IQN);

        server.add(target().withRequiredPrincipal("agent-one"));
        assertThat(refusalOf(TestTargets.tlsSession(server, "agent-two")).reason())
                .isEqualTo(Reason.FOREIGN_CERTIFICATE);
        assertThat(refusalOf(plain).reason()).isEqualTo(Reason.FOREIGN_CERTIFICATE);
        assertThat(refusalOf(TestTargets.tlsSession(server, "stranger")).reason())
                .isEqualTo(Reason.TLS_FAILURE);

        assertThat(server.status().refusedLogins())
                .containsEntry(Reason.FOREIGN_CERTIFICATE, 2L)
                .containsEntry(Reason.ACCESS_LIST, 1L)
                .containsEntry(Reason.TIMEOUT, 0L);
    }

    @Test
    void who_says_nothing_or_nonsense_is_told_too() throws Exception {
        Limits impatient =
                Limits.defaults().withTimeouts(Duration.ofMillis(500), Duration.ofSeconds(15), Duration.ofSeconds(30));
        try (IscsiTargetServer strict = serverWith(impatient);
                RawPeer silent = new RawPeer(TestTargets.plainAddress(strict))) {
            assertThat(next().reason()).isEqualTo(Reason.TIMEOUT);
            assertThat(silent.isClosedByTarget()).isTrue();
        }
        try (RawPeer garbled = new RawPeer(TestTargets.plainAddress(server))) {
            garbled.sendBytes("GET / HTTP/1.1\r\nHost: here\r\n\r\nand more so that a header is full\r\n"
                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(next().reason()).isEqualTo(Reason.PROTOCOL);
        }
    }

    @Test
    void a_listener_that_fails_harms_nobody() throws IOException {
        try (IscsiTargetServer fragile = IscsiTargetServer.start(
                TargetServerConfig.plain(TestTargets.anyPort()).withLoginListener(refusal -> {
                    throw new IllegalStateException("listener is broken");
                }))) {
            assertThat(catchThrowable(() -> IscsiSession.login(TestTargets.session(fragile))))
                    .hasMessageContaining("0x0203");
            fragile.add(target());
            IscsiSession.login(TestTargets.session(fragile)).close();
        }
    }

    @Test
    void traffic_is_counted_for_the_session_and_for_the_target() throws IOException {
        server.add(target());
        for (int round = 1; round <= 2; round++) {
            try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
                RemoteDisk disk = session.disk(0);
                disk.write(0, ByteBuffer.allocate(8192));
                disk.read(0, ByteBuffer.allocate(4096));
                disk.flush();

                TargetStatus status = server.targets().get(0);
                SessionStatus own = status.sessions().get(0);
                assertThat(own.traffic().bytesWritten()).isEqualTo(8192);
                assertThat(own.traffic().bytesRead()).isEqualTo(4096);
                assertThat(own.traffic().commands()).isGreaterThanOrEqualTo(3);
                assertThat(own.traffic().errors()).isZero();
                assertThat(own.queuedCommands()).isZero();
                assertThat(status.bytesWritten()).isEqualTo(round * 8192L);
                assertThat(status.traffic().commands())
                        .isGreaterThanOrEqualTo(own.traffic().commands());
            }
        }
        assertThat(server.status().bufferBytes()).isZero();
        assertThat(server.status().bufferLimitBytes())
                .isEqualTo(Limits.defaults().totalBufferBytes());
    }

    @Test
    void failures_of_the_device_are_counted() throws IOException {
        FailingDevice device = new FailingDevice(1 << 20);
        server.add(TestTargets.target(device));
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            RemoteDisk disk = session.disk(0);
            device.failing = true;
            assertThat(catchThrowable(() -> disk.read(0, ByteBuffer.allocate(512))))
                    .isInstanceOf(IOException.class);
            assertThat(server.targets().get(0).traffic().errors()).isEqualTo(1);
        }
    }

    @Test
    void limits_hold_within_five_percent_whatever_the_sizes_and_however_many_ask() {
        for (long bytesPerSecond : List.of(1_000_000L, 50_000_000L, 3_000_000_000L)) {
            SteppedTime time = new SteppedTime();
            RateLimiter limiter = new RateLimiter(bytesPerSecond, time);
            java.util.Random random = new java.util.Random(bytesPerSecond);
            long taken = 0;
            long started = time.nanos();
            while (taken < 20 * bytesPerSecond) {
                long units = 512L * (1 + random.nextInt(2048));
                limiter.take(units, () -> false);
                taken += units;
            }
            double seconds = (time.nanos() - started) / 1e9;
            assertThat(taken / seconds / bytesPerSecond)
                    .as("rate achieved of %d bytes a second", bytesPerSecond)
                    .isBetween(0.95, 1.05);
        }
    }

    @Test
    void a_limit_that_is_changed_holds_at_once() {
        SteppedTime time = new SteppedTime();
        RateLimiter limiter = new RateLimiter(1000, time);
        limiter.take(1000, () -> false);
        limiter.change(10);
        long started = time.nanos();
        limiter.take(100, () -> false);
        assertThat(time.nanos() - started).isBetween(9_800_000_000L, 10_200_000_000L);
        limiter.change(0);
        long unlimited = time.nanos();
        limiter.take(1 << 30, () -> false);
        assertThat(time.nanos()).isEqualTo(unlimited);
    }

    /** Time that passes only while somebody sleeps. */
    private static final class SteppedTime implements RateLimiter.Time {
        private long now = 1;

        @Override
        public long nanos() {
            return now;
        }

        @Override
        public void sleep(long nanos) {
            now += nanos;
        }
    }
}
