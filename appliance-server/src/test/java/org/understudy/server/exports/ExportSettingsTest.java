package org.understudy.server.exports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class ExportSettingsTest {

    @Test
    void nothingNeedsToBeSet() {
        ExportSettings settings = bind(Map.of());

        assertThat(settings).isEqualTo(new ExportSettings("0.0.0.0", 3261, 0, "127.0.0.1", null, 256, 64));
        assertThat(settings.tlsAddress().getPort()).isEqualTo(3261);
        assertThat(settings.plainAddress()).isEmpty();
    }

    @Test
    void everySettingIsRead() {
        ExportSettings settings = bind(Map.of(
                "listen", "::1",
                "tls-port", "0",
                "public-port", "13261",
                "plain-listen", "127.0.0.2",
                "plain-port", "3260",
                "max-connections", "10",
                "max-connections-per-address", "2"));

        assertThat(settings).isEqualTo(new ExportSettings("::1", 0, 13261, "127.0.0.2", 3260, 10, 2));
        assertThat(settings.plainAddress().orElseThrow().getAddress().getHostAddress())
                .isEqualTo("127.0.0.2");
    }

    @Test
    void whatIsWrongIsSaidWithWhatToWrite() {
        refuses(Map.of("listen", "backup.example.org"), "understudy.exports.listen", "listen=0.0.0.0");
        refuses(Map.of("plain-listen", "3260"), "understudy.exports.plain-listen", "plain-listen=0.0.0.0");
        refuses(Map.of("tls-port", "65536"), "understudy.exports.tls-port", "tls-port=3261");
        refuses(Map.of("public-port", "70000"), "understudy.exports.public-port", "or 0 if they reach it directly");
        refuses(Map.of("plain-port", "-1"), "understudy.exports.plain-port", "plain-port=3260");
        refuses(Map.of("plain-port", "3261"), "understudy.exports.plain-port", "two different ports");
        refuses(Map.of("max-connections", "0"), "understudy.exports.max-connections", "max-connections=256");
        refuses(
                Map.of("max-connections-per-address", "300"),
                "understudy.exports.max-connections-per-address",
                "max-connections-per-address=64");
    }

    private static ExportSettings bind(Map<String, String> settings) {
        Map<String, String> properties = new HashMap<>();
        settings.forEach((name, value) -> properties.put("understudy.exports." + name, value));
        return new Binder(new MapConfigurationPropertySource(properties))
                .bindOrCreate("understudy.exports", ExportSettings.class);
    }

    private static void refuses(Map<String, String> settings, String named, String toWrite) {
        assertThatExceptionOfType(BindException.class)
                .isThrownBy(() -> bind(settings))
                .havingRootCause()
                .isInstanceOfSatisfying(ProblemException.class, e -> {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_SETTING);
                    assertThat(e.problem().summary(Locale.ENGLISH)).contains(named);
                    assertThat(e.problem().remedy(Locale.ENGLISH)).contains(toWrite);
                });
    }
}
