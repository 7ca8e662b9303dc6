package org.understudy.server.web;

import java.util.List;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.access.Access;

/** Asks {@link Access} whether a name and a password from the log-in form are right. */
class PasswordLogin implements AuthenticationProvider {

    static final String ADMINISTRATOR = "ROLE_ADMINISTRATOR";

    private final Access access;

    PasswordLogin(Access access) {
        this.access = access;
    }

    @Override
    public Authentication authenticate(Authentication attempt) {
        String address =
                attempt.getDetails() instanceof WebAuthenticationDetails details ? details.getRemoteAddress() : "-";
        try {
            String user = access.logIn(attempt.getName(), String.valueOf(attempt.getCredentials()), address);
            return UsernamePasswordAuthenticationToken.authenticated(
                    user, null, List.of(new SimpleGrantedAuthority(ADMINISTRATOR)));
        } catch (ProblemException e) {
            throw new Refused(e);
        }
    }

    @Override
    public boolean supports(Class<?> authentication) {
        return UsernamePasswordAuthenticationToken.class.isAssignableFrom(authentication);
    }

    /** A refusal with its explanation. */
    static final class Refused extends AuthenticationException {

        private final transient Problem problem;

        Refused(ProblemException cause) {
            super(cause.getMessage(), cause);
            this.problem = cause.problem();
        }

        Problem problem() {
            return problem;
        }
    }
}
