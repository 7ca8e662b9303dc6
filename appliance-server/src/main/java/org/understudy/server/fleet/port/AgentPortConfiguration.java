package org.understudy.server.fleet.port;

import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.understudy.core.protocol.Enrolment;
import org.understudy.server.fleet.hosts.HostRegister;

/** Filters of the agent port. Its security chain comes before the people's and knows no sessions, forms or cookies. */
@Configuration(proxyBeanMethods = false)
public class AgentPortConfiguration {

    @Bean
    FilterRegistrationBean<AgentPortFilter> agentPortFilter(
            AgentConnector agents, HostRegister register, Refusals refusals) {
        FilterRegistrationBean<AgentPortFilter> registration =
                new FilterRegistrationBean<>(new AgentPortFilter(agents, register, refusals));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        registration.addUrlPatterns("/*");
        return registration;
    }

    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    SecurityFilterChain agentPortSecurity(HttpSecurity http, AgentConnector agents) {
        return http.securityMatcher(request -> AgentPortFilter.onAgentPort(request, agents))
                .csrf(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                // The filter in front decides; this holds should it ever be left out.
                .authorizeHttpRequests(requests -> requests.anyRequest().access((authentication, context) -> {
                    boolean enrolment = context.getRequest().getServletPath().equals(Enrolment.PATH);
                    boolean admitted = context.getRequest().getAttribute(AgentPeer.ATTRIBUTE) != null;
                    boolean installation = AgentPortFilter.isInstallation(context.getRequest());
                    return new AuthorizationDecision(enrolment || admitted || installation);
                }))
                .build();
    }
}
