package org.understudy.server.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.security.Principal;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.access.AuditLog;

/**
 * Writes every changing request of console and API to the audit log, refused ones included: who, from where, what, to which
 * object, and how it ended. Log-ins, the set-up and the issue of tokens are audited where passwords are checked.
 */
@Configuration(proxyBeanMethods = false)
public class ChangeAudit implements WebMvcConfigurer, HandlerInterceptor {

    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");
    private static final String DETAIL = ChangeAudit.class.getName() + ".detail";
    private static final String SUBJECT = ChangeAudit.class.getName() + ".subject";
    private static final String REFUSAL = ChangeAudit.class.getName() + ".refusal";
    private static final int FIRST_ERROR_STATUS = 400;

    private final AuditLog audit;

    ChangeAudit(AuditLog audit) {
        this.audit = audit;
    }

    /** Says in the audit entry of this request what the change was; no secrets. */
    public static void detail(HttpServletRequest request, String detail) {
        request.setAttribute(DETAIL, detail);
    }

    /** Names what this request changes where the path does not. */
    public static void subject(HttpServletRequest request, String subject) {
        request.setAttribute(SUBJECT, subject);
    }

    /** Says that this request was refused although its answer is a redirection. */
    public static void refused(HttpServletRequest request, Problem problem) {
        request.setAttribute(REFUSAL, problem.code().name());
    }

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(this).excludePathPatterns("/setup", "/api/v1/setup", "/api/v1/tokens", "/language");
    }

    @Override
    public void afterCompletion(
            HttpServletRequest request, HttpServletResponse response, Object handler, @Nullable Exception failure) {
        if (READING.contains(request.getMethod()) || !(handler instanceof HandlerMethod method)) {
            return;
        }
        Principal user = request.getUserPrincipal();
        audit.record(
                user == null ? "-" : user.getName(),
                request.getRemoteAddr(),
                action(request, method),
                subject(request),
                detail(request, response, failure));
    }

    private static String action(HttpServletRequest request, HandlerMethod method) {
        Audited audited = method.getMethodAnnotation(Audited.class);
        return audited != null
                ? audited.value()
                : request.getMethod() + " " + request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE);
    }

    private static String subject(HttpServletRequest request) {
        if (request.getAttribute(SUBJECT) instanceof String subject) {
            return subject;
        }
        if (request.getAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE) instanceof Map<?, ?> variables) {
            return variables.values().stream().map(String::valueOf).collect(Collectors.joining(" "));
        }
        return "";
    }

    private static String detail(
            HttpServletRequest request, HttpServletResponse response, @Nullable Exception failure) {
        String said = request.getAttribute(DETAIL) instanceof String text ? text : "";
        String refusal = "";
        if (request.getAttribute(REFUSAL) instanceof String code) {
            refusal = "refused: " + code;
        } else if (request.getAttribute(DispatcherServlet.EXCEPTION_ATTRIBUTE) instanceof ProblemException e) {
            refusal = "refused: " + e.problem().code().name();
        } else if (failure != null || response.getStatus() >= FIRST_ERROR_STATUS) {
            refusal = "refused: " + response.getStatus();
        }
        return said.isEmpty() || refusal.isEmpty() ? said + refusal : said + "; " + refusal;
    }
}
