package org.understudy.server.fleet.port;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.Enrolment;
import org.understudy.server.fleet.Fleet;

/** Failures of the agent port's controllers as {@link ProblemJson}. */
@RestControllerAdvice(basePackageClasses = Fleet.class)
@Order(Ordered.HIGHEST_PRECEDENCE)
public class AgentProblemAdvice {

    private static final Logger log = LoggerFactory.getLogger(AgentProblemAdvice.class);

    private final Refusals refusals;

    public AgentProblemAdvice(Refusals refusals) {
        this.refusals = refusals;
    }

    @ExceptionHandler
    ResponseEntity<String> problem(ProblemException e, HttpServletRequest request) {
        if (e.problem().code() == ProblemCode.FOREIGN_HOST) {
            refusals.refuse(request.getRemoteAddr(), e.problem());
        } else if (!request.getServletPath().equals(Enrolment.PATH)) {
            // Enrolment reports its refusals itself.
            log.info("{} {}: {}", request.getMethod(), request.getServletPath(), e.getMessage());
        }
        return answer(e.problem());
    }

    /** The agent went away or stalled in the middle; nobody may be left to read the answer. */
    @ExceptionHandler({IOException.class, UncheckedIOException.class})
    ResponseEntity<String> broken(Exception e, HttpServletRequest request) {
        log.info("{} {} broke off: {}", request.getMethod(), request.getServletPath(), e.toString());
        return answer(Problem.of(ProblemCode.INVALID_REQUEST, "reason", "the request broke off"));
    }

    @ExceptionHandler
    ResponseEntity<String> other(Exception e, HttpServletRequest request) {
        if (e instanceof org.springframework.web.ErrorResponse response
                && response.getStatusCode().is4xxClientError()) {
            return answer(Problem.of(ProblemCode.INVALID_REQUEST, "reason", "there is no such request here"));
        }
        log.error("Unexpected failure of {} {}", request.getMethod(), request.getServletPath(), e);
        return answer(Problem.of(ProblemCode.INTERNAL));
    }

    private static ResponseEntity<String> answer(Problem problem) {
        ProblemJson body = ProblemJson.of(problem);
        ResponseEntity.BodyBuilder response =
                ResponseEntity.status(body.status()).contentType(MediaType.parseMediaType(ProblemJson.MEDIA_TYPE));
        String retryAfter = body.retryAfter();
        if (retryAfter != null) {
            response.header(HttpHeaders.RETRY_AFTER, retryAfter);
        }
        return response.body(body.json());
    }
}
