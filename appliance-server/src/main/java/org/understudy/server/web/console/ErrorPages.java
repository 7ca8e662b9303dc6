package org.understudy.server.web.console;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Locale;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.ModelAndView;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** Failures that no controller answered: a problem card for people, a problem document for programs. */
@Controller
class ErrorPages implements ErrorController {

    private final ConsoleProblems problems;

    ErrorPages(ConsoleProblems problems) {
        this.problems = problems;
    }

    @RequestMapping(path = "/error", produces = MediaType.TEXT_HTML_VALUE)
    ModelAndView page(HttpServletRequest request, Phrases phrases) {
        ModelAndView page = problems.page(problem(request), phrases, request);
        page.setStatus(status(request));
        return page;
    }

    @RequestMapping("/error")
    ResponseEntity<ProblemDetail> document(HttpServletRequest request, Locale locale) {
        Problem problem = problem(request);
        ProblemDetail detail = ProblemDetail.forStatus(status(request));
        detail.setType(URI.create("urn:understudy:problem:" + problem.code().name()));
        detail.setTitle(problem.summary(locale));
        detail.setDetail(problem.cause(locale));
        detail.setProperty("code", problem.code().name());
        detail.setProperty("cause", problem.cause(locale));
        detail.setProperty("remedy", problem.remedy(locale));
        return ResponseEntity.status(status(request))
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(detail);
    }

    private static Problem problem(HttpServletRequest request) {
        return switch (status(request)) {
            case NOT_FOUND ->
                Problem.of(
                        ProblemCode.NOT_FOUND,
                        "what",
                        String.valueOf(request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI)));
            case FORBIDDEN -> Problem.of(ProblemCode.ACCESS_DENIED);
            case UNAUTHORIZED -> Problem.of(ProblemCode.LOGIN_REQUIRED);
            case HttpStatus status
            when status.is4xxClientError() ->
                Problem.of(ProblemCode.INVALID_REQUEST, "reason", status.getReasonPhrase());
            case HttpStatus status -> Problem.of(ProblemCode.INTERNAL);
        };
    }

    private static HttpStatus status(HttpServletRequest request) {
        HttpStatus status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
                ? HttpStatus.resolve(code)
                : null;
        return status == null ? HttpStatus.INTERNAL_SERVER_ERROR : status;
    }
}
