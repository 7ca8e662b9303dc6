package org.understudy.server.protection.internal.policies;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.protection.internal.PoolGauges;
import org.understudy.server.protection.internal.ProtectionSettings;
import org.understudy.server.scheduling.ScheduledTask;
import org.understudy.server.scheduling.Scheduler;

/** Every few seconds: schedules follow hosts and policies, hosts are checked against their objective, the pool is measured. */
@Component
public class FreshnessTask implements ScheduledTask {

    private static final Logger log = LoggerFactory.getLogger(FreshnessTask.class);

    static final String KIND = "protection-freshness";
    private static final String ALL = "all";

    private final Fleet fleet;
    private final BackupSchedules schedules;
    private final Freshness freshness;
    private final PoolGauges pool;
    private final Scheduler scheduler;
    private final ProtectionSettings settings;
    private final Clock clock;

    FreshnessTask(
            Fleet fleet,
            BackupSchedules schedules,
            Freshness freshness,
            PoolGauges pool,
            Scheduler scheduler,
            ProtectionSettings settings,
            Clock clock) {
        this.fleet = fleet;
        this.schedules = schedules;
        this.freshness = freshness;
        this.pool = pool;
        this.scheduler = scheduler;
        this.settings = settings;
        this.clock = clock;
    }

    /** Sets all schedules of this module; at start-up. */
    public void schedule() {
        schedules.syncAll();
        scheduler.every(KIND, ALL, settings.freshnessInterval(), clock.instant().plus(settings.freshnessInterval()));
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public void run(String id, Instant scheduledFor, boolean madeUp) {
        schedules.syncAll();
        List<ProtectedHost> hosts = fleet.hosts();
        hosts.forEach(freshness::check);
        try {
            pool.measure();
        } catch (ProblemException e) {
            log.warn("the pool could not be measured: {}", e.problem().english());
        }
    }
}
