package org.understudy.server.recovery.internal;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.PlatformTransactionManager;
import org.understudy.server.hypervisor.Hypervisor;
import org.understudy.server.kernel.DataDirectory;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.recovery.RecoverySettings;
import org.understudy.server.recovery.Takeovers;
import org.understudy.server.storage.VolumeStore;

/** Puts the module together. */
@Configuration(proxyBeanMethods = false)
class RecoveryConfiguration {

    @Bean
    RecoveryMetrics recoveryMetrics(MeterRegistry registry) {
        return new RecoveryMetrics(registry);
    }

    @Bean
    TakeoverBook takeoverBook(TakeoverRows rows, PlatformTransactionManager transactions) {
        return new StoredTakeoverBook(rows, transactions);
    }

    @Bean
    Backstage backstage(
            TakeoverBook book,
            ApplicationEventPublisher events,
            Clock clock,
            RecoveryMetrics metrics,
            VolumeStore store,
            Hypervisor hypervisor,
            RecoveryPoints points,
            DataDirectory data,
            RecoverySettings settings) {
        return new Backstage(
                book,
                new TakeoverLog(book, events, clock, metrics),
                store,
                hypervisor,
                points,
                new Screenshots(data.resolve("takeovers")),
                settings,
                metrics);
    }

    @Bean
    TakeoverLifecycle takeoverLifecycle(Backstage backstage, Clock clock) {
        return new TakeoverLifecycle(new TakeoverDirector(backstage, clock), backstage);
    }

    @Bean
    Takeovers takeovers(TakeoverLifecycle lifecycle) {
        return lifecycle.director();
    }
}
