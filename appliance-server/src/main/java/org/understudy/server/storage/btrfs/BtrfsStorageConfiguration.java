package org.understudy.server.storage.btrfs;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.understudy.core.command.CommandRunner;
import org.understudy.server.kernel.DataDirectory;
import org.understudy.server.storage.StorageSettings;
import org.understudy.server.storage.VolumeStore;

/** Opens the btrfs pool when the server starts and closes it when the server ends. */
@Configuration(proxyBeanMethods = false)
class BtrfsStorageConfiguration {

    @Bean(destroyMethod = "close")
    @ConditionalOnProperty(name = "understudy.storage.kind", havingValue = "btrfs", matchIfMissing = true)
    VolumeStore volumeStore(CommandRunner runner, StorageSettings settings, DataDirectory data) {
        return BtrfsVolumeStore.open(runner, settings, data.data());
    }
}
