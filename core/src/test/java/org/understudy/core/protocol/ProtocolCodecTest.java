package org.understudy.core.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.ProtocolCodec.Known;
import org.understudy.core.protocol.ProtocolCodec.Unknown;
import tools.jackson.databind.json.JsonMapper;

/**
 * One golden file per message: what is on the wire between versions. A message may get new fields; a field that is there must
 * keep its name and meaning, so a golden file is added to, never rewritten.
 */
class ProtocolCodecTest {

    private static final JsonMapper JSON = JsonMapper.shared();

    static Stream<String> agentMessages() {
        return Samples.AGENT.keySet().stream();
    }

    static Stream<String> serverMessages() {
        return Samples.SERVER.keySet().stream();
    }

    static Stream<String> documents() {
        return Samples.DOCUMENTS.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("agentMessages")
    void anAgentMessageIsWrittenAndReadAsItsGoldenFileSays(String name) throws IOException {
        AgentMessage sample = sample(Samples.AGENT, name);

        assertThat(JSON.readTree(ProtocolCodec.write(sample))).isEqualTo(JSON.readTree(golden("agent-" + name)));
        assertThat(ProtocolCodec.readAgentMessage(golden("agent-" + name))).isEqualTo(new Known<>(sample));
    }

    @ParameterizedTest
    @MethodSource("serverMessages")
    void aServerMessageIsWrittenAndReadAsItsGoldenFileSays(String name) throws IOException {
        ServerMessage sample = sample(Samples.SERVER, name);

        assertThat(JSON.readTree(ProtocolCodec.write(sample))).isEqualTo(JSON.readTree(golden("server-" + name)));
        assertThat(ProtocolCodec.readServerMessage(golden("server-" + name))).isEqualTo(new Known<>(sample));
    }

    @ParameterizedTest
    @MethodSource("documents")
    void aDocumentIsWrittenAndReadAsItsGoldenFileSays(String name) throws IOException {
        Record sample = sample(Samples.DOCUMENTS, name);

        assertThat(JSON.readTree(ProtocolCodec.write(sample))).isEqualTo(JSON.readTree(golden(name)));
        assertThat(ProtocolCodec.readDocument(golden(name), sample.getClass())).isEqualTo(sample);
    }

    @Test
    void everyMessageHasASample() {
        assertThat(Samples.AGENT.keySet()).containsExactlyInAnyOrderElementsOf(names(AgentMessage.class));
        assertThat(Samples.SERVER.keySet()).containsExactlyInAnyOrderElementsOf(names(ServerMessage.class));
        Samples.AGENT.forEach((name, sample) -> assertThat(type(sample)).isEqualTo(name));
        Samples.SERVER.forEach((name, sample) -> assertThat(type(sample)).isEqualTo(name));
    }

    private static List<String> names(Class<?> type) {
        return Arrays.stream(type.getAnnotation(JsonSubTypes.class).value())
                .map(JsonSubTypes.Type::name)
                .toList();
    }

    private static String type(Object message) {
        return JSON.readTree(ProtocolCodec.write(message)).get("type").stringValue();
    }

    @Test
    void unknownFieldsAreIgnored() {
        assertThat(ProtocolCodec.readServerMessage(
                        "{\"type\":\"describeHost\",\"request\":7,\"future\":{\"a\":[1,2]}}"))
                .isEqualTo(new Known<>(new ServerMessage.DescribeHost(7)));
    }

    @Test
    void factsOfAnAgentThatDoesNotReportTheStartAreRead() {
        HostFacts.BootFacts old = ProtocolCodec.readDocument(
                "{\"known\":true,\"operatingSystemName\":\"x\",\"hostName\":null,\"initramfsDrivers\":[\"ahci\"],"
                        + "\"networkDrivers\":[],\"guestInterfaces\":[]}",
                HostFacts.BootFacts.class);

        assertThat(old)
                .isEqualTo(new HostFacts.BootFacts(true, "x", null, Set.of("ahci"), Set.of(), List.of(), null, null));
    }

    @Test
    void aMessageFromTheFutureIsToldWithItsRequest() {
        assertThat(ProtocolCodec.readServerMessage("{\"type\":\"dance\",\"request\":7}"))
                .isEqualTo(new Unknown<>("dance", Optional.of(7L)));
        assertThat(ProtocolCodec.readAgentMessage("{\"type\":\"dance\",\"request\":\"x\"}"))
                .isEqualTo(new Unknown<>("dance", Optional.empty()));
    }

    @Test
    void whatIsNoMessageIsAViolation() {
        for (String frame : List.of(
                "",
                "null",
                "[]",
                "7",
                "{",
                "{}",
                "{\"type\":null}",
                "{\"request\":7}",
                "{\"type\":\"describeHost\"}",
                "{\"type\":\"describeHost\",\"request\":null}",
                "{\"type\":\"describeHost\",\"request\":\"seven\"}",
                "{\"type\":\"describeHost\",\"request\":99999999999999999999}",
                "{\"type\":\"describeHost\",\"request\":7} trailing")) {
            violation(frame, () -> ProtocolCodec.readServerMessage(frame));
        }
    }

    @Test
    void aFrameThatIsTooLongIsNotEvenParsed() {
        String frame =
                "{\"type\":\"describeHost\",\"request\":7,\"x\":\"" + "y".repeat(ProtocolCodec.MAX_FRAME_CHARS) + "\"}";

        violation("long frame", () -> ProtocolCodec.readServerMessage(frame));
    }

    @Test
    void nestingWithoutEndIsAViolationAndNoOverflow() {
        String deep = "{\"type\":\"describeHost\",\"request\":7,\"x\":" + "[".repeat(100_000) + "}";

        violation("deep frame", () -> ProtocolCodec.readServerMessage(deep));
    }

    @Test
    void secretsAreNotShown() {
        assertThat(sample(Samples.SERVER, "transfer").toString()).doesNotContain("one-run-secret");
        assertThat(sample(Samples.DOCUMENTS, "enrolment-request").toString()).doesNotContain("token-1");
    }

    private static void violation(String name, ThrowingCallable call) {
        assertThatExceptionOfType(ProblemException.class)
                .as(name)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION));
    }

    private static <T> T sample(Map<String, T> samples, String name) {
        return Objects.requireNonNull(samples.get(name), name);
    }

    private static String golden(String name) throws IOException {
        if (Boolean.getBoolean("understudy.write-missing-golden-files")) {
            writeMissing(name);
        }
        try (InputStream in = ProtocolCodecTest.class.getResourceAsStream("/protocol/" + name + ".json")) {
            assertThat(in)
                    .as("protocol/%s.json; run once with -Dunderstudy.write-missing-golden-files=true", name)
                    .isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void writeMissing(String name) throws IOException {
        Path file = Path.of("src/test/resources/protocol", name + ".json");
        Map<String, Object> all = new LinkedHashMap<>(Samples.DOCUMENTS);
        Samples.AGENT.forEach((key, sample) -> all.put("agent-" + key, sample));
        Samples.SERVER.forEach((key, sample) -> all.put("server-" + key, sample));
        if (!Files.exists(file)) {
            Files.writeString(
                    file,
                    JSON.readTree(ProtocolCodec.write(sample(all, name))).toPrettyString() + "\n",
                    StandardCharsets.UTF_8);
        }
    }
}
