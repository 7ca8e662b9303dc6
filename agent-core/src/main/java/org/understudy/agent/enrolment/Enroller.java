package org.understudy.agent.enrolment;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.Base64;
import org.understudy.agent.connection.ApplianceHttp;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.tls.AgentTls;
import org.understudy.agent.tls.Pem;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.Enrolment;
import org.understudy.core.protocol.ProtocolCodec;

/**
 * Enrols this host. The private key is made here and never leaves; the answer is checked against the fingerprint and the key
 * before anything is stored, and all is stored by one atomic replacement.
 */
public final class Enroller {

    private final StateDirectory state;

    public Enroller(StateDirectory state) {
        this.state = state;
    }

    /**
     * Enrols, or explains why not.
     *
     * @param force replace an identity that is already there
     * @throws org.understudy.core.problem.ProblemException {@code ALREADY_ENROLLED}, {@code FINGERPRINT_MISMATCH},
     *     {@code APPLIANCE_UNREACHABLE}, {@code TOKEN_INVALID}, {@code TOKEN_EXPIRED}, {@code TOKEN_USED} or what else the appliance says
     */
    public Identity enrol(EnrolmentRequest request, String hostName, String machineId, boolean force) {
        state.identity().filter(known -> !force).ifPresent(known -> {
            throw Problem.of(
                            ProblemCode.ALREADY_ENROLLED,
                            "server",
                            known.server(),
                            "directory",
                            state.root().toString())
                    .asException();
        });
        try {
            String fingerprint = fingerprint(request);
            KeyPair key = AgentTls.newKey();
            Enrolment.Response response = ask(request, fingerprint, hostName, machineId, key);
            Identity identity = new Identity(
                    request.server().toString(),
                    response.hostId(),
                    Pem.of(key.getPrivate()),
                    response.certificate(),
                    response.authority(),
                    request.devices());
            check(identity, key, fingerprint);
            state.enrol(identity);
            return identity;
        } catch (GeneralSecurityException e) {
            throw Problem.of(
                            ProblemCode.PROTOCOL_VIOLATION, "reason", "the appliance's answer to enrolment is unusable")
                    .asException(e);
        }
    }

    private static String fingerprint(EnrolmentRequest request) {
        try {
            return Pem.normaliseFingerprint(request.fingerprint());
        } catch (IllegalArgumentException e) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", String.valueOf(e.getMessage()))
                    .asException(e);
        }
    }

    private static Enrolment.Response ask(
            EnrolmentRequest request, String fingerprint, String hostName, String machineId, KeyPair key)
            throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key.getPrivate());
        signature.update(request.token().getBytes(StandardCharsets.UTF_8));
        Base64.Encoder base64 = Base64.getEncoder();
        Enrolment.Request body = new Enrolment.Request(
                request.token(),
                hostName,
                machineId,
                base64.encodeToString(key.getPublic().getEncoded()),
                base64.encodeToString(signature.sign()));
        ApplianceHttp http = new ApplianceHttp(request.server(), AgentTls.byFingerprint(fingerprint));
        String answer = http.post(Enrolment.PATH, ProtocolCodec.write(body));
        return ProtocolCodec.readDocument(answer, Enrolment.Response.class);
    }

    private static void check(Identity identity, KeyPair key, String fingerprint) throws GeneralSecurityException {
        X509Certificate authority = Pem.certificate(identity.authority());
        if (!Pem.fingerprint(authority).equals(fingerprint)) {
            throw new GeneralSecurityException("it names an authority with another fingerprint");
        }
        X509Certificate certificate = Pem.certificate(identity.certificate());
        if (!certificate.getPublicKey().equals(key.getPublic())) {
            throw new GeneralSecurityException("it certifies another key");
        }
        certificate.verify(authority.getPublicKey());
    }
}
