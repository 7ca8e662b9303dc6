package org.understudy.core.protocol;

import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.ConstructorDetector;
import tools.jackson.databind.exc.InvalidTypeIdException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Protocol messages to JSON and back. Unknown fields are ignored, an unknown message type is an {@link Unknown} outcome,
 * anything else that does not parse is a {@code PROTOCOL_VIOLATION}. Thread-safe.
 */
public final class ProtocolCodec {

    /** The oldest and the newest protocol version that this code speaks. */
    public static final int PROTOCOL_MIN = 1;

    public static final int PROTOCOL_MAX = 1;

    /** Longest frame that either side accepts, in characters. */
    public static final int MAX_FRAME_CHARS = 1 << 20;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .constructorDetector(ConstructorDetector.USE_PROPERTIES_BASED)
            .build();

    /** A frame read from the peer. */
    public sealed interface Frame<T> {}

    /** A message of a known type. */
    public record Known<T>(T message) implements Frame<T> {}

    /** A message of a type from the future; answer {@code Unsupported}. */
    public record Unknown<T>(String messageType, Optional<Long> request) implements Frame<T> {}

    private ProtocolCodec() {}

    public static String write(Object message) {
        return MAPPER.writeValueAsString(message);
    }

    public static Frame<AgentMessage> readAgentMessage(String frame) {
        return read(frame, AgentMessage.class);
    }

    public static Frame<ServerMessage> readServerMessage(String frame) {
        return read(frame, ServerMessage.class);
    }

    /** Reads one JSON document of the protocol that is not a frame, such as {@link Enrolment.Response}. */
    public static <T> T readDocument(String json, Class<T> type) {
        try {
            return MAPPER.readValue(json, type);
        } catch (JacksonException e) {
            throw violation(e);
        }
    }

    private static <T> Frame<T> read(String frame, Class<T> type) {
        if (frame.length() > MAX_FRAME_CHARS) {
            throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "a frame of " + frame.length() + " characters")
                    .asException();
        }
        try {
            T message = MAPPER.readValue(frame, type);
            if (message == null) {
                throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "the frame is null")
                        .asException();
            }
            return new Known<>(message);
        } catch (InvalidTypeIdException e) {
            String name = e.getTypeId();
            if (name == null) {
                throw violation(e);
            }
            return new Unknown<>(name, requestOf(frame));
        } catch (JacksonException e) {
            throw violation(e);
        }
    }

    private static Optional<Long> requestOf(String frame) {
        JsonNode request = MAPPER.readTree(frame).get("request");
        return request != null && request.isIntegralNumber() ? Optional.of(request.asLong()) : Optional.empty();
    }

    private static RuntimeException violation(JacksonException e) {
        return Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", e.getOriginalMessage())
                .asException(e);
    }
}
