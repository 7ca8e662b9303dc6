package org.understudy.privileges.clock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class TrustedClockTest {

    @TempDir
    Path directory;

    private final ManualTime time = new ManualTime();
    private TrustedClock clock;

    @BeforeEach
    void startAndTrust() {
        clock = start();
        clock.tick();
        assertThat(clock.read().state()).isEqualTo(ClockState.TRUSTED);
    }

    private TrustedClock start() {
        return new TrustedClock(time, time, time, new ClockFile(directory.resolve("clock")));
    }

    private void nothingIsPruned() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(clock::requireTrusted)
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOCK_NOT_TRUSTED));
    }

    @Test
    void the_first_start_is_doubted_until_sources_agree() throws IOException {
        Files.delete(directory.resolve("clock"));
        time.sourcesAgree(false);
        clock = start();
        clock.tick();
        nothingIsPruned();

        time.sourcesAgree(true);
        clock.tick();

        assertThat(clock.requireTrusted()).isEqualTo(ManualTime.START);
    }

    @Test
    void days_that_really_pass_are_trusted_without_any_source() {
        time.sourcesAgree(false);

        time.pass(Duration.ofDays(400));
        clock.tick();

        assertThat(clock.requireTrusted()).isEqualTo(ManualTime.START.plus(Duration.ofDays(400)));
    }

    @Test
    void a_jump_of_more_than_an_hour_stops_pruning_at_once_and_freezes_after_a_while() {
        time.sourcesAgree(false);
        time.jump(Duration.ofMinutes(61));
        nothingIsPruned();
        assertThat(clock.read().state()).isEqualTo(ClockState.DOUBTED);

        time.pass(TrustedClock.PATIENCE);
        clock.tick();

        assertThat(clock.read().state()).isEqualTo(ClockState.FROZEN);
        nothingIsPruned();
    }

    @Test
    void a_frozen_clock_is_not_thawed_by_sources_nor_by_a_restart() {
        freeze();

        time.sourcesAgree(true);
        clock.tick();
        assertThat(clock.read().state()).isEqualTo(ClockState.FROZEN);

        time.restartAfter(Duration.ofSeconds(30));
        clock = start();
        clock.tick();
        nothingIsPruned();
    }

    @Test
    void a_person_thaws_it_for_the_time_that_the_person_saw_and_that_lasts() {
        freeze();
        Instant shown = time.instant();

        clock.confirm(shown);
        assertThat(clock.requireTrusted()).isEqualTo(shown);

        clock = start();
        assertThat(clock.requireTrusted()).isEqualTo(shown);
    }

    @Test
    void a_confirmation_of_another_time_is_refused() {
        freeze();

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> clock.confirm(ManualTime.START))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CONFLICT));
        nothingIsPruned();
    }

    private void freeze() {
        time.sourcesAgree(false);
        time.jump(Duration.ofDays(30));
        clock.tick();
        time.pass(TrustedClock.PATIENCE);
        clock.tick();
        assertThat(clock.read().state()).isEqualTo(ClockState.FROZEN);
    }

    @Test
    void a_jump_that_sources_confirm_is_taken() {
        time.jump(Duration.ofDays(3));
        nothingIsPruned();

        clock.tick();

        assertThat(clock.requireTrusted()).isEqualTo(ManualTime.START.plus(Duration.ofDays(3)));
    }

    @Test
    void small_jumps_gain_nothing_and_their_sum_is_a_jump() {
        time.sourcesAgree(false);
        for (int i = 0; i < 6; i++) {
            time.jump(Duration.ofMinutes(10));
            clock.tick();
            assertThat(clock.requireTrusted()).isEqualTo(ManualTime.START);
        }

        time.jump(Duration.ofMinutes(1));

        nothingIsPruned();
    }

    @Test
    void a_clock_set_back_makes_locks_last_longer_and_its_return_is_no_jump() {
        time.sourcesAgree(false);
        time.jump(Duration.ofDays(-5));
        assertThat(clock.requireTrusted()).isEqualTo(ManualTime.START.minus(Duration.ofDays(5)));

        time.jump(Duration.ofDays(5));

        assertThat(clock.requireTrusted()).isEqualTo(ManualTime.START);
    }

    @Test
    void a_restart_of_the_daemon_hides_no_jump() {
        time.sourcesAgree(false);
        clock.save();
        time.pass(Duration.ofDays(2));
        clock = start();
        assertThat(clock.requireTrusted()).isEqualTo(ManualTime.START.plus(Duration.ofDays(2)));

        time.jump(Duration.ofHours(2));
        clock = start();

        nothingIsPruned();
    }

    @Test
    void restarts_of_the_machine_may_not_add_up_to_a_jump() {
        time.sourcesAgree(false);
        clock.save();
        for (int i = 0; i < 3; i++) {
            time.restartAfter(Duration.ofMinutes(20));
            clock = start();
            clock.tick();
            assertThat(clock.requireTrusted()).isEqualTo(ManualTime.START);
        }

        time.restartAfter(Duration.ofMinutes(1));
        clock = start();
        clock.tick();

        nothingIsPruned();
    }

    @Test
    void a_box_that_was_off_for_a_week_is_trusted_once_sources_agree() {
        clock.save();
        time.restartAfter(Duration.ofDays(7));
        clock = start();
        nothingIsPruned();

        clock.tick();

        assertThat(clock.requireTrusted()).isEqualTo(ManualTime.START.plus(Duration.ofDays(7)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 10, 40, 60})
    void a_damaged_file_freezes(int length) throws IOException {
        clock.save();
        Path file = directory.resolve("clock");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(whole, Math.min(length, whole.length - 2)));

        clock = start();
        clock.tick();

        nothingIsPruned();
        assertThat(clock.read().reason()).contains("damaged");
    }

    @Test
    void one_changed_character_freezes() throws IOException {
        clock.save();
        Path file = directory.resolve("clock");
        Files.writeString(file, Files.readString(file).replace("b0 ", "b1 "));

        clock = start();

        assertThat(clock.read().state()).isEqualTo(ClockState.FROZEN);
    }

    /** Whatever is done to the clock, locks are never judged by more than the time that passed, if nobody confirms anything. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void no_series_of_jumps_and_restarts_makes_time_run_faster(long seed) {
        Random random = new Random(seed);
        time.sourcesAgree(false);
        Instant real = ManualTime.START;
        for (int step = 0; step < 120; step++) {
            Duration span = Duration.ofSeconds(random.nextInt(7200));
            switch (random.nextInt(5)) {
                case 0 -> {
                    time.pass(span);
                    real = real.plus(span);
                }
                case 1 -> time.jump(span);
                case 2 -> time.jump(span.negated());
                case 3 -> {
                    real = real.plus(span);
                    time.restartAfter(span);
                    clock = start();
                }
                case 4 -> clock = start();
                default -> throw new IllegalStateException();
            }
            clock.tick();
            assertThat(clock.read().trusted())
                    .as("seed %d, step %d", seed, step)
                    .isBeforeOrEqualTo(real);
        }
    }
}
