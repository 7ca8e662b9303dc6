package org.understudy.server.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;
import org.understudy.server.access.Access;
import org.understudy.server.access.TokenOwner;

/** Serves requests with {@code Authorization: Bearer} as the token's owner, for this request only. */
class BearerTokens extends OncePerRequestFilter {

    private static final String SCHEME = "Bearer ";

    private final Access access;
    private final RequestMatcher matcher;
    private final ProblemAnswers answers;

    BearerTokens(Access access, RequestMatcher matcher, ProblemAnswers answers) {
        this.access = access;
        this.matcher = matcher;
        this.answers = answers;
    }

    static boolean present(HttpServletRequest request) {
        String header = request.getHeader("Authorization");
        return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (!matcher.matches(request)) {
            chain.doFilter(request, response);
            return;
        }
        Optional<TokenOwner> owner = access.tokenOwner(
                request.getHeader("Authorization").substring(SCHEME.length()).strip());
        if (owner.isEmpty()) {
            answers.loginRequired(request, response, null);
            return;
        }
        SecurityContext before = SecurityContextHolder.getContext();
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(UsernamePasswordAuthenticationToken.authenticated(
                owner.get().name(), null, List.of(new SimpleGrantedAuthority(PasswordLogin.ADMINISTRATOR))));
        SecurityContextHolder.setContext(context);
        try {
            chain.doFilter(request, response);
        } finally {
            SecurityContextHolder.setContext(before);
        }
    }

    /** A stream that a token opened stays its owner's when the container resumes it. */
    @Override
    protected boolean shouldNotFilterAsyncDispatch() {
        return false;
    }
}
