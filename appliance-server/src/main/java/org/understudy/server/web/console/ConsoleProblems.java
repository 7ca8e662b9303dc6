package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.context.request.async.AsyncRequestTimeoutException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.support.RequestContextUtils;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.web.ChangeAudit;

/**
 * Explains failures of the console: a page that cannot be shown becomes a problem card, a change that was refused leads back to
 * the page it came from with the card on top.
 */
@ControllerAdvice(basePackageClasses = ConsoleProblems.class)
@Order(Ordered.HIGHEST_PRECEDENCE)
class ConsoleProblems {

    private static final Logger LOG = LoggerFactory.getLogger(ConsoleProblems.class);

    private final ShellAdvice shell;
    private final PhraseBook book;

    ConsoleProblems(ShellAdvice shell, PhraseBook book) {
        this.shell = shell;
        this.book = book;
    }

    @ExceptionHandler
    ModelAndView problem(ProblemException failure, HttpServletRequest request, HttpServletResponse response) {
        return answer(failure.problem(), request, response);
    }

    @ExceptionHandler
    ModelAndView wrongId(
            MethodArgumentTypeMismatchException failure, HttpServletRequest request, HttpServletResponse response) {
        return answer(Problem.of(ProblemCode.NOT_FOUND, "what", "" + failure.getValue()), request, response);
    }

    /** The browser went away, or the server ends while a stream is open: nobody is left to tell. */
    @ExceptionHandler({AsyncRequestNotUsableException.class, AsyncRequestTimeoutException.class})
    @Nullable
    ModelAndView gone(Exception failure) {
        LOG.debug("A browser went away: {}", failure.toString());
        return null;
    }

    @ExceptionHandler
    ModelAndView other(Exception failure, HttpServletRequest request, HttpServletResponse response) {
        if (failure instanceof ErrorResponse answer && answer.getStatusCode().is4xxClientError()) {
            return answer(
                    Problem.of(
                            ProblemCode.INVALID_REQUEST,
                            "reason",
                            String.valueOf(answer.getBody().getDetail())),
                    request,
                    response);
        }
        LOG.error("Unexpected failure of {} {}", request.getMethod(), request.getRequestURI(), failure);
        return answer(Problem.of(ProblemCode.INTERNAL), request, response);
    }

    private ModelAndView answer(Problem problem, HttpServletRequest request, HttpServletResponse response) {
        Phrases phrases = book.in(RequestContextUtils.getLocale(request));
        if (!request.getMethod().equals("GET")) {
            ChangeAudit.refused(request, problem);
            RequestContextUtils.getOutputFlashMap(request).put("problem", phrases.problem(problem));
            return new ModelAndView("redirect:" + Answers.back(request));
        }
        HttpStatus status = status(problem);
        response.setStatus(status.value());
        return page(problem, phrases, request);
    }

    ModelAndView page(Problem problem, Phrases phrases, HttpServletRequest request) {
        return new ModelAndView("problem")
                .addObject("shell", shell.shell(request, phrases))
                .addObject("failure", phrases.problem(problem));
    }

    private static HttpStatus status(Problem problem) {
        return switch (problem.code()) {
            case NOT_FOUND, POINT_NOT_FOUND, RUN_UNKNOWN, VOLUME_NOT_FOUND, DISK_NOT_FOUND -> HttpStatus.NOT_FOUND;
            case INVALID_REQUEST -> HttpStatus.BAD_REQUEST;
            case ACCESS_DENIED -> HttpStatus.FORBIDDEN;
            default -> problem.isTransient() ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.INTERNAL_SERVER_ERROR;
        };
    }
}
