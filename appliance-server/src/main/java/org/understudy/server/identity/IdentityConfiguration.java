package org.understudy.server.identity;

import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.understudy.server.kernel.DataDirectory;

/** The appliance's identity, from the data directory. */
@Configuration(proxyBeanMethods = false)
class IdentityConfiguration {

    @Bean
    ApplianceIdentity applianceIdentity(DataDirectory data, IdentitySettings settings, Clock clock) {
        return LocalIdentity.open(data.resolve("identity"), settings, clock);
    }
}
