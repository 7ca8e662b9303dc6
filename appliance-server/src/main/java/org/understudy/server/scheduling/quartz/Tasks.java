package org.understudy.server.scheduling.quartz;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.stereotype.Component;
import org.understudy.server.scheduling.ScheduledTask;

/** The tasks of all modules by kind. */
@Component
public class Tasks implements SmartInitializingSingleton {

    private final ObjectProvider<ScheduledTask> provider;
    private volatile Map<String, ScheduledTask> byKind = Map.of();

    public Tasks(ObjectProvider<ScheduledTask> provider) {
        this.provider = provider;
    }

    @Override
    public void afterSingletonsInstantiated() {
        Map<String, ScheduledTask> found = new HashMap<>();
        provider.forEach(task -> {
            ScheduledTask other = found.put(task.kind(), task);
            if (other != null) {
                throw new IllegalStateException("two tasks of the kind " + task.kind() + ": "
                        + other.getClass().getName() + " and " + task.getClass().getName());
            }
        });
        byKind = Map.copyOf(found);
    }

    Optional<ScheduledTask> find(String kind) {
        return Optional.ofNullable(byKind.get(kind));
    }
}
