package org.understudy.server.web;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;
import org.springframework.security.web.authentication.logout.LogoutHandler;
import org.springframework.security.web.savedrequest.RequestCache;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.access.AuditLog;

/** Where a browser goes after a log-in or log-out, and what it is told. */
final class LoginOutcomes {

    private static final Logger LOG = LoggerFactory.getLogger(LoginOutcomes.class);

    private final AuditLog audit;

    LoginOutcomes(AuditLog audit) {
        this.audit = audit;
    }

    AuthenticationSuccessHandler success(RequestCache pages) {
        SavedRequestAwareAuthenticationSuccessHandler handler = new SavedRequestAwareAuthenticationSuccessHandler();
        handler.setRequestCache(pages);
        handler.setDefaultTargetUrl("/");
        return handler;
    }

    /** Back to the form, which shows the problem that is kept in the session for it. */
    AuthenticationFailureHandler failure() {
        return (request, response, exception) -> {
            Problem problem;
            if (exception instanceof PasswordLogin.Refused refused) {
                problem = refused.problem();
            } else {
                LOG.error("A log-in could not be checked", exception);
                problem = Problem.of(ProblemCode.INTERNAL);
            }
            request.getSession().setAttribute(LoginProblem.ATTRIBUTE, problem);
            response.sendRedirect("/login?refused");
        };
    }

    LogoutHandler logout() {
        return (request, response, authentication) -> {
            if (authentication != null) {
                audit.record(
                        authentication.getName(),
                        request.getRemoteAddr(),
                        "session.logout",
                        authentication.getName(),
                        "");
            }
        };
    }
}
