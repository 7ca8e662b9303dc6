package org.understudy.server.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.LocaleResolver;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import tools.jackson.databind.json.JsonMapper;

/** Refusals that happen before a request reaches a controller, in the form of the API's problem documents. */
@Component
class ProblemAnswers {

    private final JsonMapper json;
    private final LocaleResolver locales;

    ProblemAnswers(JsonMapper json, LocaleResolver locales) {
        this.json = json;
        this.locales = locales;
    }

    void loginRequired(
            HttpServletRequest request, HttpServletResponse response, @Nullable AuthenticationException refusal)
            throws IOException {
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        write(request, response, HttpStatus.UNAUTHORIZED, Problem.of(ProblemCode.LOGIN_REQUIRED));
    }

    void accessDenied(HttpServletRequest request, HttpServletResponse response, AccessDeniedException refusal)
            throws IOException {
        write(request, response, HttpStatus.FORBIDDEN, Problem.of(ProblemCode.ACCESS_DENIED));
    }

    /** A form of a session that ended: log in again; anything else is an error page. */
    void pageDenied(HttpServletRequest request, HttpServletResponse response, AccessDeniedException refusal)
            throws IOException {
        // The forgery filter comes before the one that gives the request its user.
        if (SecurityContextHolder.getContext().getAuthentication() == null) {
            response.sendRedirect("/login?ended");
        } else {
            response.sendError(HttpStatus.FORBIDDEN.value());
        }
    }

    private void write(HttpServletRequest request, HttpServletResponse response, HttpStatus status, Problem problem)
            throws IOException {
        Locale locale = locales.resolveLocale(request);
        ProblemDetail detail = ProblemDetail.forStatus(status);
        detail.setType(URI.create("urn:understudy:problem:" + problem.code().name()));
        detail.setTitle(problem.summary(locale));
        detail.setDetail(problem.cause(locale));
        detail.setInstance(URI.create(request.getRequestURI()));
        detail.setProperty("code", problem.code().name());
        detail.setProperty("cause", problem.cause(locale));
        detail.setProperty("remedy", problem.remedy(locale));
        detail.setProperty("values", problem.values());
        response.setStatus(status.value());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        response.getOutputStream().write(json.writeValueAsString(detail).getBytes(StandardCharsets.UTF_8));
    }
}
