package org.understudy.server.identity;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import org.understudy.server.kernel.HostId;

/**
 * Who this appliance is. The certificate authority is made on first start, kept in the data directory ({@code identity/}, mode
 * 0600) and never leaves it. Thread-safe.
 */
public interface ApplianceIdentity {

    /** SHA-256 of the CA certificate in lower-case hexadecimal: what an administrator copies to a new agent. */
    String fingerprint();

    X509Certificate authority();

    /**
     * A certificate for an agent: subject {@code CN=<host id>}, client authentication only, valid for ten years.
     *
     * @throws org.understudy.core.problem.ProblemException {@code INVALID_REQUEST} if the key is not EC P-256
     */
    X509Certificate issueAgentCertificate(HostId host, PublicKey key);

    /** TLS 1.3 server side that presents leaf and CA and trusts only certificates of this CA. */
    SSLContext serverContext();

    /** PKCS#12 key store file with the server's key and chain, for listeners that read files. */
    java.nio.file.Path serverKeyStore();

    /** PKCS#12 trust store file with the CA. */
    java.nio.file.Path trustStore();

    /** Password of both stores; random, kept beside them with mode 0600. */
    String storePassword();
}
