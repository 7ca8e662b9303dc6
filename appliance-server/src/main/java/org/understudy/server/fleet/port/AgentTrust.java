package org.understudy.server.fleet.port;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Trusts certificates of this appliance's authority and reports every other one with its subject and the peer's address, before
 * the handshake fails. Names no accepted issuers to the peer: an agent of another appliance would then send nothing, and nobody
 * could say why it is refused.
 */
final class AgentTrust extends X509ExtendedTrustManager {

    private static final int LONGEST_NAME = 200;

    private final X509ExtendedTrustManager authority;
    private final Refusals refusals;

    AgentTrust(X509ExtendedTrustManager authority, Refusals refusals) {
        this.authority = authority;
        this.refusals = refusals;
    }

    private interface Check {
        void run() throws CertificateException;
    }

    private void reporting(X509Certificate[] chain, Check check) throws CertificateException {
        try {
            check.run();
        } catch (CertificateException e) {
            X509Certificate leaf = chain[0];
            String reason = "subject " + shown(leaf.getSubjectX500Principal().getName()) + ", issued by "
                    + shown(leaf.getIssuerX500Principal().getName()) + ", is not of this appliance or not valid now";
            refusals.refuse(
                    HandshakePeer.address(),
                    Problem.of(ProblemCode.CERTIFICATE_REFUSED, "reason", reason)
                            .withDetails(e.getMessage()));
            throw e;
        }
    }

    private static String shown(String name) {
        String cleaned = name.replaceAll("\\p{C}", "?");
        return cleaned.length() > LONGEST_NAME ? cleaned.substring(0, LONGEST_NAME) + "…" : cleaned;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        reporting(chain, () -> authority.checkClientTrusted(chain, authType, engine));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        reporting(chain, () -> authority.checkClientTrusted(chain, authType, socket));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        reporting(chain, () -> authority.checkClientTrusted(chain, authType));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw new CertificateException("this port is no client");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("this port is no client");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("this port is no client");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
