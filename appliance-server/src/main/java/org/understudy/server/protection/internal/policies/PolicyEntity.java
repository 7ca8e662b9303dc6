package org.understudy.server.protection.internal.policies;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.ProtectionPolicy.Schedule;
import org.understudy.server.protection.RetentionRule;
import org.understudy.server.protection.internal.Json;
import tools.jackson.core.type.TypeReference;

/** A row of {@code protection_policy}. */
@Entity
@Table(name = "protection_policy")
@SuppressWarnings("NullAway.Init") // fields are set by fill, or by JPA
class PolicyEntity {

    private static final String INTERVAL = "INTERVAL";
    private static final String CRON = "CRON";
    private static final String MANUAL = "MANUAL";

    @Id
    private UUID id;

    @Version
    private @Nullable Long version;

    private String name;
    private String scheduleKind;
    private @Nullable Long intervalMillis;
    private @Nullable String cron;
    private String windows;
    private String bandwidth;
    private long keepEverythingMillis;
    private int keepLast;
    private int keepMinutely;
    private int keepHourly;
    private int keepDaily;
    private int keepWeekly;
    private int keepMonthly;
    private int keepYearly;
    private long objectiveMillis;
    private String zone;
    private long freezeLimitMillis;
    private boolean scripts;
    private boolean verifyAfterRun;

    protected PolicyEntity() {}

    PolicyEntity(PolicyId id) {
        this.id = id.value();
    }

    final PolicyEntity fill(ProtectionPolicy policy) {
        name = policy.name().strip();
        intervalMillis = null;
        cron = null;
        switch (policy.schedule()) {
            case Schedule.Interval interval -> {
                scheduleKind = INTERVAL;
                intervalMillis = interval.every().toMillis();
            }
            case Schedule.Cron expression -> {
                scheduleKind = CRON;
                cron = expression.expression();
            }
            case Schedule.Manual manual -> scheduleKind = MANUAL;
        }
        windows = Json.MAPPER.writeValueAsString(policy.windows());
        bandwidth = Json.MAPPER.writeValueAsString(policy.bandwidth());
        keepEverythingMillis = policy.retention().everything().toMillis();
        keepLast = policy.retention().last();
        keepMinutely = policy.retention().minutely();
        keepHourly = policy.retention().hourly();
        keepDaily = policy.retention().daily();
        keepWeekly = policy.retention().weekly();
        keepMonthly = policy.retention().monthly();
        keepYearly = policy.retention().yearly();
        objectiveMillis = policy.objective().toMillis();
        zone = policy.zone().getId();
        freezeLimitMillis = policy.freezeLimit().toMillis();
        scripts = policy.scripts();
        verifyAfterRun = policy.verifyAfterRun();
        return this;
    }

    ProtectionPolicy toPolicy() {
        return new ProtectionPolicy(
                new PolicyId(id),
                name,
                schedule(),
                Json.MAPPER.readValue(windows, new TypeReference<List<ProtectionPolicy.Window>>() {}),
                Json.MAPPER.readValue(bandwidth, new TypeReference<List<ProtectionPolicy.BandwidthLimit>>() {}),
                new RetentionRule(
                        Duration.ofMillis(keepEverythingMillis),
                        keepLast,
                        keepMinutely,
                        keepHourly,
                        keepDaily,
                        keepWeekly,
                        keepMonthly,
                        keepYearly),
                Duration.ofMillis(objectiveMillis),
                ZoneId.of(zone),
                Duration.ofMillis(freezeLimitMillis),
                scripts,
                verifyAfterRun);
    }

    private Schedule schedule() {
        if (intervalMillis != null) {
            return new Schedule.Interval(Duration.ofMillis(intervalMillis));
        }
        if (cron != null) {
            return new Schedule.Cron(cron);
        }
        if (!scheduleKind.equals(MANUAL)) {
            throw new IllegalStateException(
                    "policy " + id + " has a schedule of kind " + scheduleKind + " without a time");
        }
        return new Schedule.Manual();
    }
}
