package org.understudy.server.web.api;

import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * Answers every failure of the API as a problem document (RFC 9457) with the members {@code code}, {@code cause},
 * {@code remedy} and {@code values}. What is not a {@link Problem} is a bug: it is logged with its stack and answered as
 * {@code INTERNAL} without a word of its message.
 */
@RestControllerAdvice(basePackageClasses = ProblemAdvice.class)
@Order(0)
class ProblemAdvice {

    private static final Logger log = LoggerFactory.getLogger(ProblemAdvice.class);

    @ExceptionHandler
    ResponseEntity<ProblemDetail> problem(ProblemException e, Locale locale, HttpServletResponse response) {
        if (response.isCommitted()) {
            // The answer has begun: what would come now is taken for its content. Unhandled, it ends the connection.
            log.warn("An answer was broken off: {}", e.problem().english());
            throw e;
        }
        return answer(e.problem(), ProblemStatus.of(e.problem().code()), locale);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> other(Exception e, Locale locale, HttpServletResponse response) throws Exception {
        if (response.isCommitted()) {
            log.error("Unexpected failure in the middle of an answer", e);
            throw e;
        }
        if (e instanceof ErrorResponse known) {
            String reason = known.getBody().getDetail();
            Problem problem = Problem.of(
                    known.getStatusCode().value() == HttpStatus.NOT_FOUND.value()
                            ? ProblemCode.NOT_FOUND
                            : ProblemCode.INVALID_REQUEST,
                    "what",
                    "this address",
                    "reason",
                    reason == null ? known.getStatusCode().toString() : reason);
            return answer(problem, known.getStatusCode(), locale);
        }
        if (e instanceof IllegalArgumentException
                || e instanceof org.springframework.beans.TypeMismatchException
                || e instanceof org.springframework.http.converter.HttpMessageNotReadableException) {
            Throwable root = org.springframework.core.NestedExceptionUtils.getMostSpecificCause(e);
            return answer(
                    Problem.of(ProblemCode.INVALID_REQUEST, "reason", String.valueOf(root.getMessage())),
                    HttpStatus.BAD_REQUEST,
                    locale);
        }
        log.error("Unexpected failure of a request", e);
        return answer(Problem.of(ProblemCode.INTERNAL), HttpStatus.INTERNAL_SERVER_ERROR, locale);
    }

    private static ResponseEntity<ProblemDetail> answer(Problem problem, HttpStatusCode status, Locale locale) {
        ProblemDetail detail = ProblemDetail.forStatus(status);
        detail.setType(URI.create("urn:understudy:problem:" + problem.code().name()));
        detail.setTitle(problem.summary(locale));
        detail.setDetail(problem.details() == null ? problem.cause(locale) : problem.details());
        detail.setProperty("code", problem.code().name());
        detail.setProperty("cause", problem.cause(locale));
        detail.setProperty("remedy", problem.remedy(locale));
        detail.setProperty("values", problem.values());
        return ResponseEntity.status(status)
                .contentType(org.springframework.http.MediaType.APPLICATION_PROBLEM_JSON)
                .body(detail);
    }
}
