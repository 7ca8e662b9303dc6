package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.device.ReadOnlyBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.negotiation.ChapCredentials;

/**
 * Mutated input for a few seconds here and for a minute under the tag {@code system}: no hang, no buffer or thread lost, no
 * access without login. {@code -Dfuzz.seed} repeats a run.
 */
class FuzzTest {

    private static final Duration SHORT = Duration.ofMillis(500);

    private final long seed = Long.getLong("fuzz.seed", System.nanoTime());
    private final MemoryBlockDevice device = new MemoryBlockDevice(4 << 20);
    private IscsiTargetServer server = TestTargets.unchecked(() -> TestTargets.plainServer(
            Limits.defaults().withTimeouts(Duration.ofSeconds(5), SHORT, Duration.ofSeconds(5))));

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    @Timeout(60)
    void mutated_input_does_no_harm() throws IOException {
        server.add(TestTargets.target(device));
        fuzz(Duration.ofSeconds(2));
    }

    @Test
    @Tag("system")
    @Timeout(120)
    void mutated_input_does_no_harm_for_a_minute() throws IOException {
        server.add(TestTargets.target(device));
        fuzz(Duration.ofSeconds(Long.getLong("fuzz.seconds", 60)));
    }

    @Test
    @Timeout(60)
    void nobody_gets_in_without_the_secret() throws IOException {
        server.add(TestTargets.target(device).withChap(new ChapCredentials("agent", "nobody-knows-this")));
        fuzz(Duration.ofSeconds(1));
        TargetStatus status = server.targets().stream()
                .filter(target -> target.iqn().equals(TestTargets.IQN))
                .findFirst()
                .orElseThrow();
        assertThat(status.bytesRead() + status.bytesWritten()).isZero();
        assertThat(device.allocatedBytes()).isZero();
    }

    private void fuzz(Duration time) throws IOException {
        int threads = Thread.activeCount();
        ProtocolFuzzer fuzzer = new ProtocolFuzzer(seed, TestTargets.plainAddress(server));
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            fuzzer.connection(40);
        }
        System.out.println("fuzz.seed=" + seed + ": " + fuzzer.sent() + " PDUs");
        await("connections after seed " + seed).atMost(Duration.ofSeconds(20)).until(() -> server.connections() == 0);
        assertThat(server.bufferBytes()).as("buffers after seed %d", seed).isZero();
        assertThat(fuzzer.sent()).isPositive();
        server.add(TargetDefinition.open(
                "iqn.2026-11.org.understudy:probe",
                new LunDefinition(0, new ReadOnlyBlockDevice(new MemoryBlockDevice(1 << 20)), "PROBE")));
        try (IscsiSession session = IscsiSession.login(org.understudy.iscsi.initiator.SessionConfig.of(
                TestTargets.plainAddress(server), "iqn.2026-11.org.understudy:probe"))) {
            session.disk(0).read(0, ByteBuffer.allocate(4096));
        }
        await("threads after seed " + seed)
                .atMost(Duration.ofSeconds(10))
                .until(() -> Thread.activeCount() <= threads + 12);
    }
}
