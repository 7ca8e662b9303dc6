package org.understudy.demo.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.understudy.demo.process.ApiClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The committed description of the REST API is the one that a running server gives. */
@Tag("system")
class OpenApiTest {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    @Test
    void theCommittedDescriptionIsThatOfARunningServer() throws Exception {
        Path committed = Lab.home().resolve("docs/openapi.json");
        String found;
        try (Lab lab = new Lab("openapi", "--understudy.storage.pool-size=512MB")) {
            lab.startServer();
            requireLogIn(lab);
            found = normalised(lab.api().get("openapi"));
            assertThat(Files.readString(lab.server().log(), StandardCharsets.UTF_8))
                    .doesNotContain("enabled by default");
        }
        if (Boolean.getBoolean("understudy.update-docs")) {
            Files.writeString(committed, found, StandardCharsets.UTF_8);
        }
        assertThat(Files.exists(committed) ? Files.readString(committed, StandardCharsets.UTF_8) : "")
                .as("run the tests once with -Dunderstudy.update-docs=true and commit docs/openapi.json")
                .isEqualTo(found);
    }

    private static void requireLogIn(Lab lab) throws Exception {
        ApiClient stranger = ApiClient.connect(lab.ports().console(), lab.authority());
        assertThatExceptionOfType(ApiClient.ApiException.class)
                .isThrownBy(() -> stranger.get("openapi"))
                .satisfies(refused -> assertThat(refused.status()).isEqualTo(401));
    }

    /** Keys in their order, and nothing of the one server that was asked. */
    private static String normalised(JsonNode description) {
        Map<String, Object> top = new LinkedHashMap<>();
        description.properties().stream()
                .filter(entry -> !entry.getKey().equals("servers"))
                .forEach(entry -> top.put(entry.getKey(), sorted(entry.getValue())));
        return JSON.writeValueAsString(new TreeMap<>(top)).replace("\r\n", "\n") + "\n";
    }

    private static Object sorted(JsonNode node) {
        if (node.isObject()) {
            Map<String, Object> fields = new TreeMap<>();
            node.properties().forEach(entry -> fields.put(entry.getKey(), sorted(entry.getValue())));
            return fields;
        }
        return node.isArray() ? node.values().stream().map(OpenApiTest::sorted).toList() : node;
    }
}
