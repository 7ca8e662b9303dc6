package org.understudy.server.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.util.Optional;
import org.understudy.core.problem.Problem;

/** Why the last log-in of a session was refused, until the log-in page showed it. */
public final class LoginProblem {

    static final String ATTRIBUTE = LoginProblem.class.getName();

    private LoginProblem() {}

    /** The problem, which is forgotten by this call. */
    public static Optional<Problem> take(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        if (session == null || !(session.getAttribute(ATTRIBUTE) instanceof Problem problem)) {
            return Optional.empty();
        }
        session.removeAttribute(ATTRIBUTE);
        return Optional.of(problem);
    }
}
