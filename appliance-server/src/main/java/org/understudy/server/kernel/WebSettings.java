package org.understudy.server.kernel;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where people reach the appliance over HTTPS.
 *
 * @param port port of the console and the API; 0 takes any free one
 * @param listen address to listen on; {@code 0.0.0.0} means all
 */
@ConfigurationProperties("understudy.web")
public record WebSettings(
        @DefaultValue("8443") int port,
        @DefaultValue("0.0.0.0") String listen) {

    public WebSettings {
        Setting.port("understudy.web.port", port);
        Setting.address("understudy.web.listen", listen);
    }
}
