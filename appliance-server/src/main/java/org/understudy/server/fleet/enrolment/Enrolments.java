package org.understudy.server.fleet.enrolment;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.cert.X509Certificate;
import java.util.UUID;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.Enrolment;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.fleet.hosts.HostRegister;
import org.understudy.server.fleet.hosts.LiveAgents;
import org.understudy.server.fleet.port.Refusals;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.kernel.HostId;

/**
 * Lets a host join: checks token and proof, issues the certificate, then stores host and used token in one transaction. A
 * certificate that was issued but not stored is worth nothing, since only stored serial numbers are accepted. A machine that is
 * a host already stays the same host and its earlier certificate is no longer accepted. Thread-safe.
 */
@Component
public class Enrolments {

    private static final Logger log = LoggerFactory.getLogger(Enrolments.class);
    private static final int LONGEST_FIELD = 1024;

    private final Tokens tokens;
    private final HostRegister register;
    private final ApplianceIdentity identity;
    private final EnrolmentThrottle throttle;
    private final Refusals refusals;
    private final LiveAgents live;
    private final ApplicationEventPublisher events;
    private final TransactionTemplate transaction;

    public Enrolments(
            Tokens tokens,
            HostRegister register,
            ApplianceIdentity identity,
            EnrolmentThrottle throttle,
            Refusals refusals,
            LiveAgents live,
            ApplicationEventPublisher events,
            PlatformTransactionManager transactions) {
        this.tokens = tokens;
        this.register = register;
        this.identity = identity;
        this.throttle = throttle;
        this.refusals = refusals;
        this.live = live;
        this.events = events;
        this.transaction = new TransactionTemplate(transactions);
    }

    /**
     * @param peer address that the request came from
     * @throws ProblemException {@code TOKEN_INVALID}, {@code TOKEN_EXPIRED}, {@code TOKEN_USED}, {@code INVALID_REQUEST},
     *     {@code ENROLMENT_LOCKED}, {@code CONFLICT}
     */
    public Enrolment.Response enrol(Enrolment.Request request, String peer) {
        throttle.check(peer);
        try {
            Enrolment.Response response = checkedEnrol(request);
            throttle.succeeded(peer);
            return response;
        } catch (ProblemException e) {
            throttle.failed(peer);
            refusals.refuse(peer, e.problem());
            throw e;
        }
    }

    /** Counts a request that could not even be read. */
    public void unreadable(String peer, Problem problem) {
        throttle.failed(peer);
        refusals.refuse(peer, problem);
    }

    private Enrolment.Response checkedEnrol(Enrolment.Request request) {
        OneTimeToken token = new OneTimeToken(field("token", request.token()));
        UUID tokenId = tokens.check(token);
        String machineId = field("machineId", request.machineId());
        if (!machineId.matches("[\\x21-\\x7e]{1,128}")) {
            throw invalid("machineId has characters that are not allowed");
        }
        AgentKey key = AgentKey.parse(field("publicKey", request.publicKey()));
        if (!key.signed(token, field("proof", request.proof()))) {
            throw invalid("the proof is not a signature of the token by the key");
        }
        String name = shownName(field("hostName", request.hostName()));
        HostId host = register.ofMachine(machineId).orElseGet(HostId::random);
        X509Certificate certificate = identity.issueAgentCertificate(host, key.key());
        store(tokenId, host, name, machineId, certificate);
        live.drop(host, "the host was enrolled again");
        log.info(
                "Host {} ({}) enrolled, certificate {}",
                name,
                host,
                certificate.getSerialNumber().toString(16));
        events.publishEvent(new FleetEvents.HostEnrolled(host, register.nameOf(host)));
        return new Enrolment.Response(host.toString(), pem(certificate), pem(identity.authority()));
    }

    private void store(UUID token, HostId host, String name, String machineId, X509Certificate certificate) {
        try {
            transaction.executeWithoutResult(status -> {
                tokens.use(token, host);
                register.enrolled(host, name, machineId, certificate.getSerialNumber());
            });
        } catch (DataIntegrityViolationException e) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "the same machine is being enrolled by another request")
                    .asException(e);
        }
    }

    private static String field(String name, @Nullable String value) {
        if (value == null || value.isBlank() || value.length() > LONGEST_FIELD) {
            throw invalid(name + " needs 1 to " + LONGEST_FIELD + " characters");
        }
        return value;
    }

    /** What the host calls itself, made fit to be shown. */
    private static String shownName(String hostName) {
        String cleaned = hostName.replaceAll("\\p{C}", "").strip();
        String shown = cleaned.length() > 100 ? cleaned.substring(0, 100) : cleaned;
        return shown.isEmpty() ? "host" : shown;
    }

    private static ProblemException invalid(String reason) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", reason).asException();
    }

    private static String pem(X509Certificate certificate) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(certificate);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
