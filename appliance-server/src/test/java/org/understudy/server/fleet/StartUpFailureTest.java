package org.understudy.server.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.support.GenericApplicationContext;
import org.understudy.server.database.TestDatabase;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.kernel.ProblemFailureAnalyzer;
import org.understudy.server.kernel.SettingFailureAnalyzer;

class StartUpFailureTest {

    private static final TestDatabase DATABASE = TestDatabase.fresh();

    @TempDir
    Path data;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "understudy.fleet.port | abc | understudy.fleet.port | Write a whole number",
                "understudy.fleet.port | 70000 | 70000 is not a port | Write a number from 1 to 65535",
                "understudy.web.listen | localhost | is not an IP address | Write an address of this machine",
                "understudy.fleet.ping-interval | soon | understudy.fleet.ping-interval | Write a time such as",
                "understudy.fleet.ping-interval | 1h | 1h is outside 1s to 2m | Write a time from 1s to 2m",
                "understudy.database.url | mysql://x | is not the address of a PostgreSQL | Write jdbc:postgresql://",
                "understudy.database.connections | 1 | 1 is outside 5 to 200 | Write a number from 5 to 200",
                "understudy.fleet.prot | 1 | there is no such setting | Did you mean understudy.fleet.port",
            })
    void aWrongSettingStopsTheServerAndSaysWhatToWrite(String setting, String value, String wrong, String write) {
        FailureAnalysis analysis = failure(Map.of(setting, value));
        assertThat(analysis.getDescription()).contains(setting, wrong);
        assertThat(analysis.getAction()).contains(write);
    }

    @Test
    void aDatabaseThatDoesNotAnswerStopsTheServer() {
        FailureAnalysis analysis = failure(Map.of(
                "understudy.database.url", "jdbc:postgresql://127.0.0.1:1/none",
                "understudy.database.username", "nobody"));
        assertThat(analysis.getDescription())
                .contains("no connection to jdbc:postgresql://127.0.0.1:1/none", "refused");
    }

    @Test
    void twoServersNeverShareADataDirectory() {
        FailureAnalysis analysis =
                failure(Map.of("understudy.data", FleetServer.shared().data.toString()));
        assertThat(analysis.getDescription()).contains("Another Understudy server uses the data directory");
    }

    @Test
    void aDataDirectoryThatCannotBeMadeStopsTheServer() throws Exception {
        Path file = Files.createFile(data.resolve("file"));
        FailureAnalysis analysis =
                failure(Map.of("understudy.data", file.resolve("below").toString()));
        assertThat(analysis.getDescription()).contains("The setting understudy.data is wrong");
    }

    private FailureAnalysis failure(Map<String, String> settings) {
        Map<String, Object> all = new TreeMap<>(DATABASE.properties());
        all.putAll(Map.of(
                "understudy.data", data.resolve("server").toString(),
                "understudy.web.port", "0",
                "understudy.fleet.port", "0"));
        all.putAll(settings);
        Throwable failure = catchThrowable(() -> new SpringApplicationBuilder(FleetServer.FleetOnly.class)
                .properties(all)
                .initializers(context -> ((GenericApplicationContext) context)
                        .registerBean("testIdentity", ApplianceIdentity.class, () -> FleetServer.shared().identity))
                .run()
                .close());
        assertThat(failure).as("the server started").isNotNull();
        FailureAnalysis analysis = new ProblemFailureAnalyzer().analyze(failure);
        return Objects.requireNonNull(analysis != null ? analysis : new SettingFailureAnalyzer().analyze(failure));
    }
}
