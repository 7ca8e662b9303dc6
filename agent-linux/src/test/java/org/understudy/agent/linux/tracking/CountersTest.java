package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CountersTest {

    private static final Counters AT_START = new Counters(0, 0, 0, 0, 0);

    @Test
    void aKernelThatDoesNotCountWhatItSkippedIsNoDoubt() {
        Counters now = new Counters(0, 0, -1, -1, 0);

        assertThat(now.doubtsSince(AT_START)).isEmpty();
        assertThat(now.doubtsSince(now)).isEmpty();
    }

    @Test
    void eachCounterThatRoseIsADoubtWithItsRise() {
        Counters before = new Counters(1, 1, 1, 1, 1);

        assertThat(before.doubtsSince(before)).isEmpty();
        assertThat(new Counters(3, 4, 5, 6, 7).doubtsSince(before))
                .containsExactly(
                        "2 writes could not be marked (beyond the map, or too many in flight)",
                        "3 commands bypassed the block layer",
                        "the kernel skipped the program on submission 4 times",
                        "the kernel skipped the program on completion 5 times",
                        "6 writes were submitted before tracking began");
    }

    @Test
    void aCounterThatIsGoneIsADoubt() {
        assertThat(AT_START.doubtsSince(new Counters(0, 0, 2, 0, 0))).hasSize(1);
    }

    @Test
    void skippedCompletionsAreNoDoubtFromTheInstantOnAtWhichEveryBioWasRemembered() {
        Counters before = Counters.withSkips(0, 0, 0, 3, Control.ALL, 0);

        assertThat(Counters.withSkips(0, 0, 0, 7, Control.ALL, 0).doubtsSince(before))
                .containsExactly("the kernel skipped the program on completion 4 times");
        assertThat(Counters.withSkips(0, 0, 0, 9, 5, 0).doubtsSince(before))
                .as("those before that instant stay")
                .containsExactly("the kernel skipped the program on completion 2 times");
        assertThat(Counters.withSkips(0, 0, 0, 9, 3, 0).doubtsSince(before)).isEmpty();
        assertThat(Counters.withSkips(0, 0, 1, 9, 3, 0).doubtsSince(before))
                .containsExactly("the kernel skipped the program on submission 1 times");
        assertThat(Counters.withSkips(0, 0, -1, -1, 0, 0).doubtsSince(AT_START)).isEmpty();
    }
}
