package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * 100 sessions at once: 70 good, 10 silent, 10 slow readers, 10 that cut their connection inside a PDU. The good ones get
 * their data right, memory stays under its bound, and everything that the bad ones took is given back. {@link CrowdBench}
 * measures what they cost.
 */
@Tag("system")
@Timeout(240)
class CrowdTest {

    private static final long HEAP_BOUND = 64L << 20;
    /** Data buffers, idle ones too, and 64 KiB for each connection's reader. */
    private static final long DIRECT_BOUND = CrowdTarget.BUFFER_BOUND + (48L << 20);

    @TempDir
    private Path directory;

    @Test
    void bad_sessions_cost_nobody_else_their_data_and_leave_nothing_behind() throws IOException {
        try (CrowdBench.Target target = CrowdBench.Target.start(directory)) {
            CrowdTarget.Report before = target.report();
            CrowdBench.Result result = CrowdBench.measure(target, 3, Duration.ofSeconds(3));

            assertThat(result.failures()).as("failures of good sessions").isEmpty();
            assertThat(result.badConnections()).isGreaterThan(3L * Crowd.EACH_BAD);
            assertThat(result.peak().connections()).isGreaterThanOrEqualTo(Crowd.GOOD + Crowd.EACH_BAD);
            // A margin for correctness only: that they are not starved. The rate is the bench's business.
            assertThat(result.ratio()).isGreaterThan(0.2);
            assertThat(result.peak().buffers()).isLessThanOrEqualTo(CrowdTarget.BUFFER_BOUND);
            assertThat(result.peak().heap()).isLessThanOrEqualTo(HEAP_BOUND);
            assertThat(result.peak().direct()).isLessThanOrEqualTo(DIRECT_BOUND);

            await("connections")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> target.report().connections() == 0);
            assertThat(target.report().buffers()).isZero();
            await("descriptors")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> target.report().descriptors() <= before.descriptors() + 2);
            await("threads")
                    .atMost(Duration.ofSeconds(100))
                    .pollInterval(Duration.ofSeconds(2))
                    .until(() -> target.report().threads() <= before.threads() + 1);
        }
    }
}
