package org.understudy.server.scheduling.quartz;

import java.time.Instant;
import java.util.Optional;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobExecutionContext;
import org.quartz.TriggerKey;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.server.scheduling.ScheduledTask;

/** Calls the task that a trigger is for. Its name is stored with every schedule: do not move it. */
@DisallowConcurrentExecution
public class TaskJob implements Job {

    private static final Logger log = LoggerFactory.getLogger(TaskJob.class);

    private final Tasks tasks;
    private final MissedInstants missed;

    public TaskJob(Tasks tasks, MissedInstants missed) {
        this.tasks = tasks;
        this.missed = missed;
    }

    @Override
    public void execute(JobExecutionContext context) {
        TriggerKey key = context.getTrigger().getKey();
        Optional<Instant> madeUp = missed.take(key);
        Instant scheduledFor =
                madeUp.orElseGet(() -> context.getScheduledFireTime().toInstant());
        Optional<ScheduledTask> task = tasks.find(key.getGroup());
        if (task.isEmpty()) {
            log.warn("Nothing carries out the schedule {}/{}; it is left as it is", key.getGroup(), key.getName());
            return;
        }
        try {
            task.get().run(key.getName(), scheduledFor, madeUp.isPresent());
        } catch (RuntimeException e) {
            log.error("The scheduled task {}/{} failed", key.getGroup(), key.getName(), e);
        }
    }
}
