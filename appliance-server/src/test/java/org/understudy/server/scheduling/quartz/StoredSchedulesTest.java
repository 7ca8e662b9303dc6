package org.understudy.server.scheduling.quartz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.quartz.autoconfigure.QuartzAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.support.GenericApplicationContext;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.database.TestDatabase;
import org.understudy.server.scheduling.ScheduledTask;
import org.understudy.server.scheduling.Scheduler;

class StoredSchedulesTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private static final TestDatabase database = TestDatabase.fresh();
    private static final Recorder recorder = new Recorder();

    @TempDir
    static Path data;

    private static ConfigurableApplicationContext application;
    private static Scheduler scheduler;

    private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

    @BeforeAll
    static void start() {
        application = new SpringApplicationBuilder(SchedulingOnly.class)
                .web(WebApplicationType.NONE)
                .properties(database.properties())
                .properties("understudy.data=" + data)
                .initializers(context -> ((GenericApplicationContext) context)
                        .registerBean("recorder", ScheduledTask.class, () -> recorder))
                .run();
        scheduler = application.getBean(Scheduler.class);
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @BeforeEach
    void reset() {
        scheduler.cancel("probe", "host");
        recorder.runs.clear();
        recorder.failing = false;
    }

    @Test
    void runsATaskOnceAtItsInstantAndForgetsIt() {
        Instant at = now.plusMillis(300);
        scheduler.once("probe", "soon", at);
        await().until(() -> !recorder.runs.isEmpty());
        assertThat(recorder.runs).containsExactly(new Run("soon", at, false));
        await().untilAsserted(() ->
                assertThat(scheduler.nextFireTime("probe", "soon")).isEmpty());
    }

    @Test
    void runsATaskWhoseOnlyInstantHasPassedAtOnceAndSaysSo() {
        scheduler.once("probe", "late", now.minus(HOUR));
        await().until(() -> !recorder.runs.isEmpty());
        assertThat(recorder.runs).containsExactly(new Run("late", now.minus(HOUR), true));
    }

    @Test
    void keepsThePhaseWhenTheSameIntervalIsSetAgain() {
        Instant first = now.plus(10, ChronoUnit.MINUTES);
        scheduler.every("probe", "host", HOUR, first);
        scheduler.every("probe", "host", HOUR, now.plus(25, ChronoUnit.MINUTES));
        assertThat(scheduler.nextFireTime("probe", "host")).contains(first);
    }

    @Test
    void replacesAScheduleByAnotherOne() {
        scheduler.every("probe", "host", HOUR, now.plus(10, ChronoUnit.MINUTES));
        Instant changed = now.plus(20, ChronoUnit.MINUTES);
        scheduler.every("probe", "host", HOUR.multipliedBy(2), changed);
        assertThat(scheduler.nextFireTime("probe", "host")).contains(changed);
        scheduler.cron("probe", "host", "0 30 2 * * ?", ZoneId.of("Asia/Shanghai"));
        assertThat(scheduler.nextFireTime("probe", "host").orElseThrow().atZone(ZoneId.of("Asia/Shanghai")))
                .satisfies(next -> {
                    assertThat(next.getHour()).isEqualTo(2);
                    assertThat(next.getMinute()).isEqualTo(30);
                });
        scheduler.cancel("probe", "host");
        assertThat(scheduler.nextFireTime("probe", "host")).isEmpty();
    }

    @Test
    void continuesInPhaseWhenTheFirstInstantHasPassed() {
        scheduler.every("probe", "host", HOUR, now.minus(150, ChronoUnit.MINUTES));
        assertThat(scheduler.nextFireTime("probe", "host")).contains(now.plus(30, ChronoUnit.MINUTES));
        assertThat(recorder.runs).isEmpty();
    }

    @Test
    void makesMissedInstantsUpOnceAfterARestartAndKeepsThePhase() throws SQLException {
        Instant first = now.plus(30, ChronoUnit.MINUTES);
        scheduler.every("probe", "host", HOUR, first);
        stop();
        // As if the appliance had been down until 95 minutes later: two instants were missed.
        shiftSchedules(Duration.ofMinutes(95));
        start();
        scheduler.every("probe", "host", HOUR, now);
        await().until(() -> !recorder.runs.isEmpty());
        Instant missed = first.minus(95, ChronoUnit.MINUTES);
        assertThat(scheduler.nextFireTime("probe", "host")).contains(missed.plus(HOUR.multipliedBy(2)));
        assertThat(recorder.runs).containsExactly(new Run("host", missed, true));
    }

    @Test
    void doesNotRunTheSameIdTwiceAtOnceButRunsOthersMeanwhile() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        recorder.blocker = release;
        scheduler.once("probe", "slow", now);
        await().until(() -> recorder.runs.size() == 1);
        scheduler.once("probe", "slow", now.plusMillis(100));
        scheduler.once("probe", "other", now.plusMillis(200));
        await().until(() -> recorder.runs.size() == 2);
        assertThat(recorder.runs).extracting(Run::id).containsExactly("slow", "other");
        release.countDown();
        await().until(() -> recorder.runs.size() == 3);
        assertThat(recorder.runs.get(2).id()).isEqualTo("slow");
    }

    @Test
    void goesOnAfterATaskFailed() {
        recorder.failing = true;
        scheduler.once("probe", "bad", now);
        await().until(() -> recorder.runs.size() == 1);
        recorder.failing = false;
        scheduler.once("probe", "good", now);
        await().until(() -> recorder.runs.size() == 2);
    }

    @Test
    void refusesWrongSchedules() {
        List<Runnable> wrong = List.of(
                () -> scheduler.every("probe", "host", Duration.ofSeconds(4), now),
                () -> scheduler.every("probe", "host", Duration.ofMillis(5500), now),
                () -> scheduler.cron("probe", "host", "every day", ZoneId.of("UTC")),
                () -> scheduler.cron("probe", "host", "0 0 0 1 1 ? 1999", ZoneId.of("UTC")),
                () -> scheduler.once("probe", "", now),
                () -> scheduler.once("x".repeat(151), "host", now));
        assertThat(wrong)
                .allSatisfy(call -> assertThatThrownBy(call::run)
                        .isInstanceOfSatisfying(
                                ProblemException.class,
                                e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_REQUEST)));
        assertThat(scheduler.nextFireTime("probe", "host")).isEmpty();
    }

    private void shiftSchedules(Duration into) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            long millis = into.toMillis();
            assertThat(statement.executeUpdate("update qrtz_triggers set next_fire_time = next_fire_time - " + millis
                            + ", start_time = start_time - " + millis))
                    .isEqualTo(1);
        }
    }

    private record Run(String id, Instant scheduledFor, boolean madeUp) {}

    private static final class Recorder implements ScheduledTask {

        final List<Run> runs = new CopyOnWriteArrayList<>();
        volatile boolean failing;
        volatile CountDownLatch blocker = new CountDownLatch(0);

        @Override
        public String kind() {
            return "probe";
        }

        @Override
        public void run(String id, Instant scheduledFor, boolean madeUp) {
            runs.add(new Run(id, scheduledFor, madeUp));
            if (failing) {
                throw new IllegalStateException("as the test wants");
            }
            if (id.equals("slow")) {
                try {
                    blocker.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /** Not annotated as a configuration, so that no other test finds it by scanning. */
    @ImportAutoConfiguration({
        FlywayAutoConfiguration.class,
        QuartzAutoConfiguration.class,
        DataSourceTransactionManagerAutoConfiguration.class,
        TransactionAutoConfiguration.class
    })
    @ComponentScan({"org.understudy.server.kernel", "org.understudy.server.database", "org.understudy.server.scheduling"
    })
    @ConfigurationPropertiesScan({
        "org.understudy.server.kernel",
        "org.understudy.server.database",
        "org.understudy.server.scheduling"
    })
    static class SchedulingOnly {}
}
