package org.understudy.server.protection.internal.policies;

import java.time.Instant;
import org.springframework.stereotype.Component;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.BackupRun.Trigger;
import org.understudy.server.scheduling.ScheduledTask;

/** Step 1-1: the schedule of a host fires. The id is the host's. */
@Component
class BackupRunTask implements ScheduledTask {

    private final ScheduledStarts starts;

    BackupRunTask(ScheduledStarts starts) {
        this.starts = starts;
    }

    @Override
    public String kind() {
        return BackupSchedules.KIND;
    }

    @Override
    public void run(String id, Instant scheduledFor, boolean madeUp) {
        starts.start(HostId.parse(id), madeUp ? Trigger.MADE_UP : Trigger.SCHEDULE, scheduledFor);
    }
}
