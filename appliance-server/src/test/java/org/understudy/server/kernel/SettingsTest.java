package org.understudy.server.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.understudy.core.problem.ProblemException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every setting is documented, and one that does not exist is refused. */
class SettingsTest {

    private static final Path DOCUMENT = Path.of("../docs/settings.md");

    @Test
    void theCommittedListOfSettingsIsTheGeneratedOne() throws IOException {
        String expected = document();
        if (Boolean.getBoolean("understudy.update-docs")) {
            Files.writeString(DOCUMENT, expected);
        }
        assertThat(DOCUMENT)
                .as("run the tests once with -Dunderstudy.update-docs=true and commit docs/settings.md")
                .content(StandardCharsets.UTF_8)
                .isEqualTo(expected);
    }

    @Test
    void everySettingSaysWhatItIsFor() throws IOException {
        properties()
                .forEach((name, property) -> assertThat(
                                property.path("description").asString(""))
                        .as("description of " + name)
                        .hasSizeGreaterThan(10));
    }

    @Test
    void anUnknownSettingIsRefusedWithTheNearestName() {
        Set<String> known = UnknownSettings.known();
        assertThat(known).contains("understudy.fleet.port", "understudy.data", "understudy.database.url");
        UnknownSettings.check("understudy.fleet.pingInterval", known);
        UnknownSettings.check("understudy.fleet.ping-interval", known);
        UnknownSettings.check("spring.anything", known);
        assertThatThrownBy(() -> UnknownSettings.check("understudy.flet.port", known))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().values())
                                .containsEntry("setting", "understudy.flet.port")
                                .hasEntrySatisfying(
                                        "expected",
                                        text -> assertThat(text).startsWith("Did you mean understudy.fleet.port? ")));
    }

    private static Map<String, JsonNode> properties() throws IOException {
        try (InputStream in = SettingsTest.class
                .getClassLoader()
                .getResourceAsStream("META-INF/spring-configuration-metadata.json")) {
            Map<String, JsonNode> found = new TreeMap<>();
            for (JsonNode property :
                    JsonMapper.shared().readTree(Objects.requireNonNull(in)).path("properties")) {
                found.put(property.path("name").asString(""), property);
            }
            found.keySet().removeIf(name -> !name.startsWith("understudy."));
            return found;
        }
    }

    private static String document() throws IOException {
        StringBuilder text = new StringBuilder("""
                # Settings

                <!-- Generated from the settings records in the code. To change a text, change the record, then run the tests
                     with -Dunderstudy.update-docs=true. -->

                The server reads its settings from `application.yaml` beside it or in `config/` beside it, from a file named by
                `--spring.config.additional-location=FILE`, from the command line (`--understudy.web.port=443`), and from the
                environment (`UNDERSTUDY_WEB_PORT=443`). Later ones win. Nothing needs to be set.

                A setting that does not exist or has a value that makes no sense stops the server with a message that says what
                is wrong and what to write. Times are written as `500ms`, `20s`, `5m`, `2h`, `7d`; sizes as `512MB`, `20GB`
                (powers of 1024).
                """);
        String group = "";
        for (Map.Entry<String, JsonNode> entry : properties().entrySet()) {
            String name = entry.getKey();
            String itsGroup = name.substring(0, name.lastIndexOf('.'));
            if (!itsGroup.equals(group)) {
                group = itsGroup;
                text.append("\n## ").append(group).append("\n\n| setting | default | meaning |\n|---|---|---|\n");
            }
            JsonNode property = entry.getValue();
            String standard = property.path("defaultValue").asString("");
            text.append("| `")
                    .append(name.substring(group.length() + 1))
                    .append("` | ")
                    .append(standard.isEmpty() ? "none" : "`" + standard + "`")
                    .append(" | ")
                    .append(meaning(property.path("description").asString(""), name))
                    .append(" |\n");
        }
        return text.toString();
    }

    private static String meaning(String description, String name) {
        String oneLine = description
                .replaceAll("\\{@(?:code|link) ([^}]*)}", "`$1`")
                .replaceAll("\\s+", " ")
                .replace("|", "\\|")
                .replaceFirst("^`" + name.substring(name.lastIndexOf('.') + 1) + "`: ", "")
                .strip();
        return oneLine.isEmpty() ? oneLine : Character.toUpperCase(oneLine.charAt(0)) + oneLine.substring(1);
    }
}
