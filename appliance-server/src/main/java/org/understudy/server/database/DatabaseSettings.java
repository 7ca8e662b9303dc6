package org.understudy.server.database;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.understudy.server.kernel.Setting;

/**
 * Which database the appliance uses.
 *
 * @param url JDBC address of an external PostgreSQL 16 or newer, as in {@code jdbc:postgresql://db.example/understudy}. Left
 *     out: an embedded PostgreSQL in {@code postgres/} of the data directory, listening on 127.0.0.1 only
 * @param username user of the external database; it must own the database or a schema of its own
 * @param password password of that user
 * @param port port of the embedded PostgreSQL; 0 takes any free one
 * @param connections most connections that the appliance opens, from 5 to 200
 */
@ConfigurationProperties("understudy.database")
public record DatabaseSettings(
        @Nullable String url,
        @Nullable String username,
        @Nullable String password,
        @DefaultValue("0") int port,
        @DefaultValue("20") int connections) {

    public DatabaseSettings {
        Setting.port("understudy.database.port", port);
        Setting.range("understudy.database.connections", connections, 5, 200);
        if (url != null && url.isBlank()) {
            url = null;
        }
        if (url != null && !url.startsWith("jdbc:postgresql://")) {
            throw Setting.wrong(
                    "understudy.database.url",
                    "\"" + url + "\" is not the address of a PostgreSQL database",
                    "Write jdbc:postgresql://HOST:PORT/DATABASE, or leave the setting out for the embedded database.");
        }
        if (url != null && (username == null || username.isBlank())) {
            throw Setting.wrong(
                    "understudy.database.username",
                    "an external database needs a user",
                    "Write the name of the user that owns the database of understudy.database.url.");
        }
    }

    /** Whether the database is not the embedded one. */
    public boolean external() {
        return url != null;
    }

    @Override
    public String toString() {
        return "DatabaseSettings[url=" + url + ", username=" + username + ", port=" + port + ", connections="
                + connections + "]";
    }
}
