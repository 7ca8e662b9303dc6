package org.understudy.server.web;

import jakarta.servlet.DispatcherType;
import java.time.Clock;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.csrf.CsrfFilter;
import org.springframework.security.web.header.writers.CrossOriginOpenerPolicyHeaderWriter.CrossOriginOpenerPolicy;
import org.springframework.security.web.header.writers.CrossOriginResourcePolicyHeaderWriter.CrossOriginResourcePolicy;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.understudy.server.access.Access;
import org.understudy.server.access.AuditLog;

/**
 * Who may send which request to the people's port. Browsers have a session and a protection token against forged requests;
 * programs send {@code Authorization: Bearer}, get no session and need no such token, because no foreign page can make a
 * browser send that header. A request with a bearer token is never served by a session that it carries as well.
 *
 * <p>The chain answers whatever no more specific chain claims; the agent port's chain is the fleet's.
 */
@Configuration(proxyBeanMethods = false)
class WebSecurity {

    private static final String CONTENT_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                    + "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    private static final String FEATURE_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

    private static final RequestMatcher PROGRAM_PATHS = any("/api/**", "/actuator/**", "/events/stream");
    private static final RequestMatcher UNKNOWN_PROGRAMS = new OrRequestMatcher(
            PathPatternRequestMatcher.withDefaults().matcher(HttpMethod.POST, "/api/v1/setup"),
            PathPatternRequestMatcher.withDefaults().matcher(HttpMethod.POST, "/api/v1/tokens"));

    @Bean
    PasswordLogin passwordLogin(Access access) {
        return new PasswordLogin(access);
    }

    @Bean
    SecurityFilterChain people(HttpSecurity http, Access access, AuditLog audit, ProblemAnswers answers, Clock clock)
            throws Exception {
        RequestMatcher bearer = request -> PROGRAM_PATHS.matches(request) && BearerTokens.present(request);
        HttpSessionRequestCache pages = new HttpSessionRequestCache();
        pages.setRequestMatcher(request -> "GET".equals(request.getMethod())
                && !PROGRAM_PATHS.matches(request)
                && String.valueOf(request.getHeader("Accept")).contains("text/html")
                && request.getHeader("X-Region") == null);
        LoginOutcomes outcomes = new LoginOutcomes(audit);
        return http.authorizeHttpRequests(requests -> requests.dispatcherTypeMatchers(
                                DispatcherType.FORWARD, DispatcherType.ERROR, DispatcherType.ASYNC)
                        .permitAll()
                        .requestMatchers("/login", "/setup", "/language", "/assets/**", "/actuator/health")
                        .permitAll()
                        // What installs an agent; the fleet answers it, and GET and HEAD alone.
                        .requestMatchers(HttpMethod.GET, "/agent", "/agent/packages/*")
                        .permitAll()
                        .requestMatchers(HttpMethod.HEAD, "/agent", "/agent/packages/*")
                        .permitAll()
                        .requestMatchers(UNKNOWN_PROGRAMS)
                        .permitAll()
                        .anyRequest()
                        .authenticated())
                .formLogin(form -> form.loginPage("/login")
                        .successHandler(outcomes.success(pages))
                        .failureHandler(outcomes.failure()))
                .logout(logout -> logout.logoutUrl("/logout")
                        .addLogoutHandler(outcomes.logout())
                        .logoutSuccessUrl("/login?out"))
                .requestCache(cache -> cache.requestCache(pages))
                .csrf(csrf -> csrf.ignoringRequestMatchers(bearer, UNKNOWN_PROGRAMS))
                .addFilterBefore(new SessionAgeLimit(clock), SecurityContextHolderFilter.class)
                .addFilterAfter(new BearerTokens(access, bearer, answers), CsrfFilter.class)
                .exceptionHandling(
                        handling -> handling.defaultAuthenticationEntryPointFor(answers::loginRequired, PROGRAM_PATHS)
                                .defaultAuthenticationEntryPointFor(
                                        new LoginUrlAuthenticationEntryPoint("/login"), request -> true)
                                .defaultAccessDeniedHandlerFor(answers::accessDenied, PROGRAM_PATHS)
                                .defaultAccessDeniedHandlerFor(answers::pageDenied, request -> true))
                .headers(headers -> headers.contentSecurityPolicy(csp -> csp.policyDirectives(CONTENT_POLICY))
                        .frameOptions(frame -> frame.deny())
                        .httpStrictTransportSecurity(hsts -> hsts.includeSubDomains(false))
                        .referrerPolicy(referrer -> referrer.policy(ReferrerPolicy.SAME_ORIGIN))
                        .permissionsPolicyHeader(permissions -> permissions.policy(FEATURE_POLICY))
                        .crossOriginOpenerPolicy(opener -> opener.policy(CrossOriginOpenerPolicy.SAME_ORIGIN))
                        .crossOriginResourcePolicy(resource -> resource.policy(CrossOriginResourcePolicy.SAME_ORIGIN)))
                .build();
    }

    /** The session cookie goes over TLS only, to this host only, and never with a request that another site started. */
    @Bean
    ServletContextInitializer sessionCookie() {
        return context -> {
            context.getSessionCookieConfig().setName("__Host-understudy");
            context.getSessionCookieConfig().setPath("/");
            context.getSessionCookieConfig().setSecure(true);
            context.getSessionCookieConfig().setHttpOnly(true);
            context.getSessionCookieConfig().setAttribute("SameSite", "Strict");
        };
    }

    private static RequestMatcher any(String... patterns) {
        return new OrRequestMatcher(java.util.Arrays.stream(patterns)
                .<RequestMatcher>map(
                        pattern -> PathPatternRequestMatcher.withDefaults().matcher(pattern))
                .toList());
    }
}
