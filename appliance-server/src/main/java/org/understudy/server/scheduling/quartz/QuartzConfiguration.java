package org.understudy.server.scheduling.quartz;

import java.util.Properties;
import org.quartz.SchedulerException;
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.quartz.autoconfigure.SchedulerFactoryBeanCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.understudy.server.scheduling.SchedulingSettings;

/** Sets Quartz up: store in the database, ids only, nothing fires before everything else is ready. */
@Configuration(proxyBeanMethods = false)
public class QuartzConfiguration {

    @Bean
    static SchedulerFactoryBeanCustomizer quartzSettings(SchedulingSettings settings, MissedInstants missed) {
        Properties properties = new Properties();
        properties.setProperty("org.quartz.scheduler.instanceName", "understudy");
        properties.setProperty("org.quartz.scheduler.skipUpdateCheck", "true");
        // Quartz wakes up when a schedule is set, but looks in vain if the transaction that set it is not committed
        // yet.
        properties.setProperty("org.quartz.scheduler.idleWaitTime", "1000");
        properties.setProperty("org.quartz.threadPool.threadCount", Integer.toString(settings.threads()));
        properties.setProperty("org.quartz.jobStore.driverDelegateClass", PostgreSQLDelegate.class.getName());
        properties.setProperty("org.quartz.jobStore.tablePrefix", "qrtz_");
        properties.setProperty("org.quartz.jobStore.useProperties", "true");
        properties.setProperty(
                "org.quartz.jobStore.misfireThreshold", Long.toString(StoredSchedules.MISFIRE_THRESHOLD_MILLIS));
        return factory -> {
            factory.setQuartzProperties(properties);
            factory.setGlobalTriggerListeners(missed);
            factory.setAutoStartup(false);
            factory.setWaitForJobsToCompleteOnShutdown(true);
        };
    }

    @Bean
    SchedulerStart schedulerStart(org.quartz.Scheduler quartz) {
        return new SchedulerStart(quartz);
    }

    /** Starts the schedules after all that waits for the application to be ready, such as reconcilers. */
    static final class SchedulerStart {

        private final org.quartz.Scheduler quartz;

        SchedulerStart(org.quartz.Scheduler quartz) {
            this.quartz = quartz;
        }

        @EventListener(ApplicationReadyEvent.class)
        @Order(Ordered.LOWEST_PRECEDENCE)
        void start() throws SchedulerException {
            quartz.start();
        }
    }
}
