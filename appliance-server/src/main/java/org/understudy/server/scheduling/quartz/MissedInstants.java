package org.understudy.server.scheduling.quartz;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.quartz.Trigger;
import org.quartz.TriggerKey;
import org.quartz.listeners.TriggerListenerSupport;
import org.springframework.stereotype.Component;

/**
 * Remembers which instant each trigger missed. Quartz tells a listener of the missed instant and then replaces it by the present
 * one, so the task would no longer learn what it was due for. Kept in memory: after a crash Quartz finds the same misfire anew.
 */
@Component
public class MissedInstants extends TriggerListenerSupport {

    private final Map<TriggerKey, Instant> missed = new ConcurrentHashMap<>();

    @Override
    public String getName() {
        return "missed-instants";
    }

    @Override
    public void triggerMisfired(Trigger trigger) {
        // The first missed instant of a series is the one that counts.
        if (trigger.getNextFireTime() != null) {
            missed.putIfAbsent(trigger.getKey(), trigger.getNextFireTime().toInstant());
        }
    }

    /** The missed instant that a firing of the trigger makes up now, once. */
    Optional<Instant> take(TriggerKey key) {
        return Optional.ofNullable(missed.remove(key));
    }

    /** The schedule was replaced or is gone: what it missed is not made up. */
    void forget(TriggerKey key) {
        missed.remove(key);
    }
}
