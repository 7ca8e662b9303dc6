package org.understudy.server.fleet.enrolment;

import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.Enrolment;
import org.understudy.core.protocol.ProtocolCodec;

/** {@code POST /agent/v1/enrol}: the only request of the agent port that needs no certificate. */
@RestController
public class EnrolmentController {

    private static final int LARGEST_BODY = 16 * 1024;
    private static final Duration BODY_LIMIT = Duration.ofSeconds(10);

    private final Enrolments enrolments;

    public EnrolmentController(Enrolments enrolments) {
        this.enrolments = enrolments;
    }

    @PostMapping(path = Enrolment.PATH, produces = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<String> enrol(HttpServletRequest http) throws IOException {
        Enrolment.Request request = read(http);
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .body(ProtocolCodec.write(enrolments.enrol(request, http.getRemoteAddr())));
    }

    private Enrolment.Request read(HttpServletRequest http) throws IOException {
        try {
            return ProtocolCodec.readDocument(body(http.getInputStream()), Enrolment.Request.class);
        } catch (ProblemException e) {
            enrolments.unreadable(http.getRemoteAddr(), e.problem());
            throw e;
        }
    }

    /** Bounded in size and time: the sender is not known yet. */
    private static String body(InputStream in) throws IOException {
        long begun = System.nanoTime();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[4096];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            bytes.write(buffer, 0, n);
            if (bytes.size() > LARGEST_BODY) {
                throw invalid("the request is larger than " + LARGEST_BODY + " bytes");
            }
            if (System.nanoTime() - begun > BODY_LIMIT.toNanos()) {
                throw invalid("the request took longer than " + BODY_LIMIT.toSeconds() + " seconds");
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static ProblemException invalid(String reason) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", reason).asException();
    }
}
