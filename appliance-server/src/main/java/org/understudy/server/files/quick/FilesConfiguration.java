package org.understudy.server.files.quick;

import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.understudy.core.command.CommandRunner;
import org.understudy.server.files.FilesSettings;
import org.understudy.server.files.PointFileSystems;
import org.understudy.server.kernel.DataDirectory;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.storage.VolumeStore;

/** Puts the module together. */
@Configuration(proxyBeanMethods = false)
class FilesConfiguration {

    @Bean
    FilesLifecycle filesLifecycle(
            RecoveryPoints points,
            VolumeStore store,
            CommandRunner runner,
            DataDirectory data,
            FilesSettings settings,
            Clock clock) {
        Stagehand stagehand = new Stagehand(store, runner, data.resolve("files"));
        return new FilesLifecycle(new QuickFileSystems(points, stagehand, settings, clock), settings.idleLimit());
    }

    @Bean
    PointFileSystems pointFileSystems(FilesLifecycle lifecycle) {
        return lifecycle.fileSystems();
    }
}
