package org.understudy.iscsi.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Mutated input for a few seconds here and for a minute under the tag {@code system}: no hang, no buffer, thread or
 * descriptor lost, no access without login. {@code -Dfuzz.seed} repeats a run, {@code -Dfuzz.seconds} makes it longer.
 */
class FuzzTest {

    /** The same in every build; campaigns with other seeds are run by hand. */
    private static final long DEFAULT_SEED = 20261120;

    private final long seed = Long.getLong("fuzz.seed", DEFAULT_SEED);

    @Test
    @Timeout(120)
    void mutated_input_does_no_harm() throws IOException {
        TargetFuzzer.Count count = FuzzCampaign.run(seed, Duration.ofSeconds(3), Long.MAX_VALUE);
        assertThat(count.mutated()).isPositive();
        assertThat(count.taken()).as("PDUs that the target took").isPositive();
    }

    @Test
    @Tag("system")
    @Timeout(240)
    void mutated_input_does_no_harm_for_a_minute() throws IOException {
        Duration time = Duration.ofSeconds(Long.getLong("fuzz.seconds", 60));
        assertThat(FuzzCampaign.run(seed, time, Long.MAX_VALUE).mutated()).isPositive();
    }
}
