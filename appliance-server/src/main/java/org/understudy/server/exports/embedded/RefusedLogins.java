package org.understudy.server.exports.embedded;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.iscsi.target.LoginListener;
import org.understudy.iscsi.target.RefusedLogin;
import org.understudy.server.exports.ExportEvents;
import org.understudy.server.kernel.OncePerMinute;

/** Tells the other modules whom the target turned away, the same refusal of the same address once a minute. Thread-safe. */
final class RefusedLogins implements LoginListener {

    private static final Logger log = LoggerFactory.getLogger(RefusedLogins.class);

    private final ApplicationEventPublisher events;
    private final OncePerMinute news = new OncePerMinute();

    RefusedLogins(ApplicationEventPublisher events) {
        this.events = events;
    }

    @Override
    public void refused(RefusedLogin refusal) {
        String peer = address(refusal.peer());
        Problem problem = problem(refusal);
        if (news.isNews(peer + " " + refusal.reason() + " " + refusal.targetName())) {
            log.warn("Refused {}: {} {}", peer, problem.code(), refusal.detail());
            events.publishEvent(new ExportEvents.LoginRefused(peer, problem));
        }
    }

    private static Problem problem(RefusedLogin refusal) {
        String initiator = refusal.initiatorName().isEmpty() ? "?" : refusal.initiatorName();
        String target = refusal.targetName().isEmpty() ? "?" : refusal.targetName();
        Problem problem =
                switch (refusal.reason()) {
                    case TLS_FAILURE -> Problem.of(ProblemCode.CERTIFICATE_REFUSED, "reason", "TLS");
                    case FOREIGN_CERTIFICATE, ACCESS_LIST ->
                        Problem.of(ProblemCode.EXPORT_OF_ANOTHER_HOST, "initiator", initiator, "target", target);
                    case WRONG_CREDENTIALS ->
                        Problem.of(ProblemCode.EXPORT_CREDENTIALS_WRONG, "initiator", initiator, "target", target);
                    case UNKNOWN_TARGET, TOO_MANY_CONNECTIONS, TIMEOUT, PROTOCOL ->
                        Problem.of(ProblemCode.EXPORT_LOGIN_FAILED, "initiator", initiator, "target", target);
                };
        return problem.withDetails(refusal.detail());
    }

    private static String address(InetSocketAddress peer) {
        InetAddress address = peer.getAddress();
        return address == null ? peer.getHostString() : address.getHostAddress();
    }
}
