package org.understudy.server.protection.internal.runs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.understudy.core.protocol.AgentMessage.Progress;
import org.understudy.server.protection.BackupRun.State;
import org.understudy.server.protection.RunProgress;
import org.understudy.server.protection.internal.ProtectionSettings;

/** The small parts that a run is made of. */
class RunPartsTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void placesAreGivenInTheOrderOfAsking() {
        RunSlots slots = new RunSlots(1);
        CompletableFuture<RunSlots.Slot> first = slots.request();
        CompletableFuture<RunSlots.Slot> second = slots.request();
        CompletableFuture<RunSlots.Slot> third = slots.request();
        assertThat(first).isDone();
        assertThat(second).isNotDone();
        slots.withdraw(second);
        first.join().close();
        first.join().close();
        assertThat(third).isDone();
        assertThat(second).isNotDone();
        slots.withdraw(third);
        assertThat(slots.request()).isDone();
        assertThat(slots.request()).isNotDone();
    }

    @Test
    void rateAndTimeLeftComeFromTheLastSeconds() {
        TransferMeter meter = new TransferMeter();
        assertThat(meter.update(new Progress("r", 1, 0, 1000, 0), 0).timeLeft()).isEmpty();
        for (int second = 1; second <= 20; second++) {
            meter.update(new Progress("r", 1, second * 10L, 1000, 0), second * SECOND);
        }
        RunProgress slow = meter.update(new Progress("r", 1, 210, 1000, 9), 21 * SECOND);
        assertThat(slow.bytesPerSecond()).isEqualTo(10);
        assertThat(slow.timeLeft()).contains(Duration.ofSeconds(79));
        for (int second = 22; second <= 30; second++) {
            slow = meter.update(new Progress("r", 1, 210 + (second - 21) * 50L, 1000, 9), second * SECOND);
        }
        assertThat(slow.bytesPerSecond()).isEqualTo(50);
        RunProgress next = meter.update(new Progress("r", 2, 0, 100, 9), 31 * SECOND);
        assertThat(next.bytesPerSecond()).isZero();
        assertThat(next.pass()).isEqualTo(2);
    }

    @Test
    void progressIsPublishedAtMostTwiceASecond() {
        TransferMeter meter = new TransferMeter();
        long published = Stream.iterate(0L, now -> now < 10 * SECOND, now -> now + SECOND / 20)
                .filter(meter::publishNow)
                .count();
        assertThat(published).isEqualTo(20);
    }

    @Test
    void everyStateCanFailAndOnlyThoseBeforeTheSnapshotCanBeCancelled() {
        Set<State> cancellable = EnumSet.noneOf(State.class);
        for (State state : State.values()) {
            assertThat(RunTransitions.allowed(state, State.FAILED)).isEqualTo(!state.isFinal());
            if (RunTransitions.allowed(state, State.CANCELLED)) {
                cancellable.add(state);
            }
        }
        assertThat(cancellable).isEqualTo(EnumSet.range(State.REQUESTED, State.RELEASING));
        State[] order = State.values();
        for (int i = 0; order[i] != State.DONE; i++) {
            assertThat(RunTransitions.allowed(order[i], order[i + 1])).isTrue();
            assertThat(RunTransitions.allowed(order[i + 1], order[i])).isFalse();
        }
    }

    @Test
    void theLargestDigestFileIsBoundedByTheDisk() {
        assertThat(LiveRunDigests.maxBytes(0)).isEqualTo(60);
        assertThat(LiveRunDigests.maxBytes(64 * 1024 + 1)).isEqualTo(60 + 2 * 44);
    }

    @Test
    void settingsOutsideTheirLimitsSayWhatToWrite() {
        Duration second = Duration.ofSeconds(1);
        Duration minute = Duration.ofMinutes(1);
        assertThatThrownBy(() -> new ProtectionSettings(0, 2, second, minute, minute, second, second, 5, minute))
                .hasMessageContaining("understudy.protection.runs-at-once")
                .hasMessageContaining("Write a number from 1 to 64");
        assertThatThrownBy(() -> new ProtectionSettings(4, 2, second, second, minute, second, second, 5, minute))
                .hasMessageContaining("understudy.protection.agent-silence");
        assertThat(Optional.of(new ProtectionSettings(4, 2, second, minute, minute, second, second, 5, minute)))
                .isPresent();
    }
}
