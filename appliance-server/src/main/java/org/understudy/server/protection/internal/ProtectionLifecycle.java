package org.understudy.server.protection.internal;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.protection.internal.points.VerificationQueue;
import org.understudy.server.protection.internal.policies.FreshnessTask;
import org.understudy.server.protection.internal.policies.StoredPolicies;
import org.understudy.server.protection.internal.runs.RunReconciler;
import org.understudy.server.protection.internal.runs.VirtualThreadBackupRuns;

/**
 * Starts protection after the pool is there and before agents can connect and schedules fire; stops it after both. First of all
 * it mends what an earlier process left.
 */
@Component
class ProtectionLifecycle implements SmartLifecycle {

    /** Before the web server and the scheduler, whose phases lie near the end; what starts with a lower phase is there before. */
    static final int PHASE = 100_000;

    private static final Logger log = LoggerFactory.getLogger(ProtectionLifecycle.class);

    private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);

    private final RunReconciler reconciler;
    private final VirtualThreadBackupRuns runs;
    private final VerificationQueue verifications;
    private final StoredPolicies policies;
    private final FreshnessTask freshness;
    private final PoolGauges pool;
    private volatile boolean running;

    ProtectionLifecycle(
            RunReconciler reconciler,
            VirtualThreadBackupRuns runs,
            VerificationQueue verifications,
            StoredPolicies policies,
            FreshnessTask freshness,
            PoolGauges pool) {
        this.reconciler = reconciler;
        this.runs = runs;
        this.verifications = verifications;
        this.policies = policies;
        this.freshness = freshness;
        this.pool = pool;
    }

    @Override
    public void start() {
        reconciler.reconcileAll();
        policies.createStandardIfNone();
        freshness.schedule();
        try {
            pool.measure();
        } catch (ProblemException e) {
            log.warn("the pool could not be measured: {}", e.problem().english());
        }
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        runs.stop(STOP_PATIENCE);
        verifications.stop();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
