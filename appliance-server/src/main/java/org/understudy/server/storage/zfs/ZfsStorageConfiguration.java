package org.understudy.server.storage.zfs;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.server.kernel.DataDirectory;
import org.understudy.server.storage.StorageSettings;
import org.understudy.server.storage.VolumeStore;

/** Opens the store on ZFS when the server starts. */
@Configuration(proxyBeanMethods = false)
class ZfsStorageConfiguration {

    @Bean(destroyMethod = "close")
    @ConditionalOnProperty(name = "understudy.storage.kind", havingValue = "zfs")
    VolumeStore volumeStore(CommandRunner runner, StorageSettings settings, DataDirectory data) {
        return ZfsVolumeStore.open(runner, new ProcessCommandRunner(), settings, data.data());
    }
}
