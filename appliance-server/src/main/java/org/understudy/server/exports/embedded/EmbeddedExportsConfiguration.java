package org.understudy.server.exports.embedded;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.understudy.server.exports.BlockExporter;
import org.understudy.server.exports.ExportSettings;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.kernel.Listener;
import org.understudy.server.kernel.ListeningPorts;

/** Starts the embedded target with the server. */
@Configuration(proxyBeanMethods = false)
class EmbeddedExportsConfiguration {

    /** After the store, so that at the end exports let go of their volumes before the pool is unmounted. */
    @Bean(destroyMethod = "close")
    @DependsOn("volumeStore")
    BlockExporter blockExporter(
            ExportSettings settings,
            ApplianceIdentity identity,
            ListeningPorts ports,
            ApplicationEventPublisher events) {
        EmbeddedBlockExporter exporter =
                EmbeddedBlockExporter.start(settings, identity.serverContext(), new RefusedLogins(events));
        ports.announce(Listener.ISCSI, exporter.tlsPort());
        return exporter;
    }
}
