package org.understudy.server.kernel;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the appliance keeps what is not in the pool: database, keys, logs, sockets.
 *
 * @param data directory of database, keys, logs and sockets, absolute; one server at a time uses it
 */
@ConfigurationProperties("understudy")
public record DataDirectory(
        @DefaultValue("/var/lib/understudy") Path data) {

    public DataDirectory {
        data = data.toAbsolutePath().normalize();
    }

    public Path resolve(String name) {
        return data.resolve(name);
    }
}
