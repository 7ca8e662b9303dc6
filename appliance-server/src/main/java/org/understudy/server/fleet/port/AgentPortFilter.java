package org.understudy.server.fleet.port;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;
import org.springframework.web.filter.OncePerRequestFilter;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.Enrolment;
import org.understudy.server.fleet.hosts.HostRegister;
import org.understudy.server.kernel.HostId;

/**
 * Keeps the two ports apart and lets only admitted hosts pass: agent paths exist on the agent port alone and nothing else exists
 * there (404), except what installs an agent, which anybody may read on both; and but for enrolment a request needs the newest certificate of a host that is known and not retired (403). Runs
 * before everything else, and tells the rest which host speaks by the request attribute {@link AgentPeer#ATTRIBUTE}.
 */
public class AgentPortFilter extends OncePerRequestFilter {

    private static final String AGENT_PATHS = "/agent/";
    private static final String AGENT_API = "/agent/v1/";
    private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

    private final AgentConnector agents;
    private final HostRegister register;
    private final Refusals refusals;

    public AgentPortFilter(AgentConnector agents, HostRegister register, Refusals refusals) {
        this.agents = agents;
        this.register = register;
        this.refusals = refusals;
    }

    /** Whether the request came in on the agents' port. */
    static boolean onAgentPort(HttpServletRequest request, AgentConnector agents) {
        return request.getLocalPort() == agents.port();
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
        boolean agentPath = path.startsWith(AGENT_PATHS) || path.equals("/agent");
        if (isInstallation(request)) {
            chain.doFilter(request, response);
            return;
        }
        if (!onAgentPort(request, agents)) {
            if (agentPath) {
                response.sendError(HttpServletResponse.SC_NOT_FOUND);
            } else {
                chain.doFilter(request, response);
            }
            return;
        }
        if (!path.startsWith(AGENT_API)) {
            ProblemJson.send(response, Problem.of(ProblemCode.NOT_FOUND, "what", "such address on the agent port"));
            return;
        }
        if (path.equals(Enrolment.PATH) && request.getMethod().equals("POST")) {
            chain.doFilter(request, response);
            return;
        }
        admit(request, response, chain);
    }

    /** Whether the request only reads what is for everybody. */
    static boolean isInstallation(HttpServletRequest request) {
        String method = request.getMethod();
        return (method.equals("GET") || method.equals("HEAD")) && InstallationPaths.contains(request.getServletPath());
    }

    private void admit(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            X509Certificate certificate = certificate(request);
            AgentPeer peer = new AgentPeer(hostOf(certificate), certificate.getSerialNumber());
            Optional<Problem> refusal = register.refusal(peer.host(), peer.serial());
            if (refusal.isPresent()) {
                throw refusal.get().asException();
            }
            request.setAttribute(AgentPeer.ATTRIBUTE, peer);
        } catch (ProblemException e) {
            refusals.refuse(request.getRemoteAddr(), e.problem());
            ProblemJson.send(response, e.problem());
            return;
        }
        chain.doFilter(request, response);
    }

    private static X509Certificate certificate(HttpServletRequest request) {
        X509Certificate @Nullable [] chain = (X509Certificate[]) request.getAttribute(CERTIFICATES);
        if (chain == null || chain.length == 0) {
            throw refused("none was sent");
        }
        return chain[0];
    }

    private static HostId hostOf(X509Certificate certificate) {
        String subject = certificate.getSubjectX500Principal().getName();
        try {
            for (Rdn part : new LdapName(subject).getRdns()) {
                if (part.getType().equalsIgnoreCase("CN")) {
                    return HostId.parse(String.valueOf(part.getValue()));
                }
            }
        } catch (InvalidNameException | IllegalArgumentException e) {
            throw Problem.of(ProblemCode.CERTIFICATE_REFUSED, "reason", "its subject is not a host")
                    .asException(e);
        }
        throw refused("its subject is not a host");
    }

    private static ProblemException refused(String reason) {
        return Problem.of(ProblemCode.CERTIFICATE_REFUSED, "reason", reason).asException();
    }
}
