package org.understudy.privileges.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.ConstructorDetector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/**
 * Requests and answers to bytes and back. A request has every field of its verb once, no other, and each in its own JSON type;
 * anything else is a {@code PROTOCOL_VIOLATION}. What is written is ASCII on one line, so it can stand in a log. Thread-safe.
 */
public final class Codec {

    private static final int MAX_DEPTH = 4;

    private static final JsonMapper STRICT = mapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();

    /** Answers of a newer daemon may say more, and details may be missing. */
    private static final JsonMapper LENIENT =
            mapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

    private Codec() {}

    private static JsonMapper.Builder mapper() {
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxNumberLength(20)
                        .maxNameLength(64)
                        .maxStringLength(Frames.MAX_BYTES)
                        .build())
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                .build();
        return JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .withCoercionConfig(
                        LogicalType.Textual,
                        config -> config.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .constructorDetector(ConstructorDetector.USE_PROPERTIES_BASED);
    }

    /** One line of ASCII. */
    public static String text(Object message) {
        return LENIENT.writeValueAsString(message);
    }

    /** A message as a part of something else, its kind included. */
    public static JsonNode tree(Object message) {
        return LENIENT.readTree(text(message));
    }

    public static byte[] write(Object message) {
        return text(message).getBytes(StandardCharsets.US_ASCII);
    }

    /** @throws ProblemException {@code PROTOCOL_VIOLATION} */
    public static Request readRequest(byte[] bytes) {
        return read(STRICT, bytes, Request.class);
    }

    /** @throws ProblemException {@code PROTOCOL_VIOLATION} */
    public static Answer readAnswer(byte[] bytes) {
        return read(LENIENT, bytes, Answer.class);
    }

    private static <T> T read(JsonMapper mapper, byte[] bytes, Class<T> type) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            T message = mapper.readValue(text, type);
            if (message == null) {
                throw violation("the message is null");
            }
            return message;
        } catch (CharacterCodingException e) {
            throw violation("the message is not UTF-8");
        } catch (JacksonException e) {
            throw violation(String.valueOf(e.getOriginalMessage()));
        }
    }

    private static ProblemException violation(String reason) {
        String plain = reason.replaceAll("[^ -~]", "?");
        return Problem.of(
                        ProblemCode.PROTOCOL_VIOLATION,
                        "reason",
                        plain.length() <= 200 ? plain : plain.substring(0, 200) + "...")
                .asException();
    }
}
