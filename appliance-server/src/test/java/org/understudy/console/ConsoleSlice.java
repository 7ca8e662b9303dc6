package org.understudy.console;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.quartz.autoconfigure.QuartzAutoConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.understudy.server.alerts.EventLog;
import org.understudy.server.files.FilesSettings;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.hypervisor.Hypervisor;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.readiness.Readiness;
import org.understudy.server.recovery.Takeovers;
import org.understudy.server.storage.VolumeStore;

/** Console, API and security of the server over hand-written facades. */
@SpringBootConfiguration
@EnableAutoConfiguration(
        exclude = {
            DataSourceAutoConfiguration.class,
            HibernateJpaAutoConfiguration.class,
            DataJpaRepositoriesAutoConfiguration.class,
            FlywayAutoConfiguration.class,
            QuartzAutoConfiguration.class
        })
@ComponentScan("org.understudy.server.web")
class ConsoleSlice {

    /** The wall clock of all tests' scenes, unless the real one is asked for. */
    static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

    @Bean
    Clock clock() {
        return Boolean.getBoolean("console.real-clock")
                ? Clock.systemUTC()
                : Clock.fixed(NOON, java.time.ZoneOffset.UTC);
    }

    @Bean
    Scene scene(Clock clock, ApplicationEventPublisher events) {
        return new Scene(clock, events);
    }

    @Bean
    FakeAccess access(Clock clock, FakeAuditLog audit) {
        return new FakeAccess(clock, audit);
    }

    @Bean
    FakeAuditLog audit(Clock clock) {
        return new FakeAuditLog(clock);
    }

    @Bean
    Fleet fleet(Scene scene) {
        return new FakeFleet(scene);
    }

    @Bean
    FakeUpgrades upgrades(Clock clock) {
        return new FakeUpgrades(clock);
    }

    @Bean
    FakeLag lag() {
        return new FakeLag();
    }

    @Bean
    Policies policies(Scene scene) {
        return new FakePolicies(scene);
    }

    @Bean
    BackupRuns runs(Scene scene) {
        return new FakeRuns(scene);
    }

    @Bean
    RecoveryPoints points(Scene scene) {
        return new FakePoints(scene);
    }

    @Bean
    Readiness readiness(Fleet fleet, RecoveryPoints points) {
        return new Readiness(fleet, points);
    }

    @Bean
    Takeovers takeovers(Scene scene) {
        return new FakeTakeovers(scene);
    }

    @Bean
    FakeFiles files(Clock clock) {
        return new FakeFiles(clock);
    }

    @Bean
    FilesSettings filesSettings() {
        return new FilesSettings(true, Duration.ofMinutes(15), 8, FakeFiles.MOST_IN_ZIP);
    }

    @Bean
    EventLog events(Scene scene) {
        return new FakeEventLog(scene);
    }

    @Bean
    VolumeStore volumes(Scene scene) {
        return OneAnswer.of(VolumeStore.class, "usage", () -> {
            if (scene.poolProblem.isPresent()) {
                throw scene.poolProblem.get().asException();
            }
            return scene.pool;
        });
    }

    @Bean
    Hypervisor hypervisor(Scene scene) {
        return OneAnswer.of(Hypervisor.class, "acceleration", () -> scene.acceleration);
    }

    @Bean
    ApplianceIdentity identity() {
        return OneAnswer.of(ApplianceIdentity.class, "fingerprint", () -> "ab".repeat(32));
    }

    static <T> T found(Optional<T> value, String what) {
        return value.orElseThrow(() -> org.understudy.core.problem.Problem.of(
                        org.understudy.core.problem.ProblemCode.NOT_FOUND, "what", what)
                .asException());
    }
}
