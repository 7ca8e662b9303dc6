package org.understudy.server.web.console;

import java.time.ZoneId;
import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the console shows by configuration.
 *
 * @param zone zone of all times; empty: the zone of the appliance's operating system
 * @param agentCommand how the agent's program is started on a host, shown before {@code enrol …}
 */
@ConfigurationProperties("understudy.console")
record ConsoleSettings(
        Optional<ZoneId> zone,
        @DefaultValue("sudo understudy-agent") String agentCommand) {

    ZoneId effectiveZone() {
        return zone.orElseGet(ZoneId::systemDefault);
    }
}
