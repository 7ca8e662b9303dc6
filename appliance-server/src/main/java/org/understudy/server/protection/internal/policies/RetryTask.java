package org.understudy.server.protection.internal.policies;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.scheduling.ScheduledTask;

/** Tries a run again that failed for a passing reason, unless another run was started since. The id is the failed run's. */
@Component
public class RetryTask implements ScheduledTask {

    /** Kind of the schedules whose id is a run's. */
    public static final String KIND = "backup-retry";

    private final BackupRuns runs;
    private final ScheduledStarts starts;

    RetryTask(BackupRuns runs, ScheduledStarts starts) {
        this.runs = runs;
        this.starts = starts;
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public void run(String id, Instant scheduledFor, boolean madeUp) {
        Optional<BackupRun> failed = runs.run(RunId.parse(id));
        if (failed.isEmpty() || failed.get().state() != BackupRun.State.FAILED) {
            return;
        }
        List<BackupRun> newest = runs.recent(failed.get().host(), 1);
        if (newest.size() == 1 && newest.get(0).id().equals(failed.get().id())) {
            starts.start(failed.get().host(), BackupRun.Trigger.RETRY, scheduledFor);
        }
    }
}
