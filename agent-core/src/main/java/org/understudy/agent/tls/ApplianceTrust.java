package org.understudy.agent.tls;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts a server if its certificate was issued for servers ({@code serverAuth}, RFC 5280 section 4.2.1.12) by one authority: the
 * stored one, or, before there is one, the certificate of the presented chain that has a given fingerprint. Host names are not
 * compared, because an appliance is reached by whatever address its network gives it; the authority issues server
 * certificates to the appliance alone. Thread-safe.
 */
public final class ApplianceTrust extends X509ExtendedTrustManager {

    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

    private final @Nullable X509Certificate authority;
    private final String fingerprint;

    private ApplianceTrust(@Nullable X509Certificate authority, String fingerprint) {
        this.authority = authority;
        this.fingerprint = fingerprint;
    }

    /** Trusts what this authority issued. */
    public static ApplianceTrust inAuthority(X509Certificate authority) throws CertificateException {
        return new ApplianceTrust(authority, Pem.fingerprint(authority));
    }

    /** Trusts what the authority with this SHA-256 fingerprint issued; the server must send the authority's certificate too. */
    public static ApplianceTrust inFingerprint(String fingerprint) {
        return new ApplianceTrust(null, Pem.normaliseFingerprint(fingerprint));
    }

    private void check(X509Certificate @Nullable [] chain) throws CertificateException {
        if (chain == null || chain.length == 0) {
            throw new CertificateException("the server sent no certificate");
        }
        X509Certificate anchor = authority == null ? fromChain(chain) : authority;
        X509Certificate leaf = chain[0];
        List<X509Certificate> path =
                Stream.of(chain).filter(c -> !c.equals(anchor)).toList();
        if (path.isEmpty()) {
            throw untrusted("the server presented the authority itself, not a certificate of its own", chain, null);
        }
        try {
            PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
            parameters.setRevocationEnabled(false);
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
        } catch (GeneralSecurityException e) {
            throw untrusted("the server's certificate was not issued by the appliance's authority", chain, e);
        }
        List<String> purposes = leaf.getExtendedKeyUsage();
        if (purposes == null || !purposes.contains(SERVER_AUTH)) {
            throw untrusted("the peer's certificate is not a server's", chain, null);
        }
    }

    private X509Certificate fromChain(X509Certificate[] chain) throws CertificateException {
        for (X509Certificate certificate : chain) {
            if (Pem.fingerprint(certificate).equals(fingerprint)) {
                return certificate;
            }
        }
        throw untrusted("no certificate of the server has the expected fingerprint", chain, null);
    }

    private CertificateException untrusted(String message, X509Certificate[] chain, @Nullable Throwable cause)
            throws CertificateException {
        return new UntrustedApplianceException(message, fingerprint, Pem.fingerprint(chain[chain.length - 1]), cause);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("an agent accepts no clients");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw new CertificateException("an agent accepts no clients");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("an agent accepts no clients");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authority == null ? new X509Certificate[0] : new X509Certificate[] {authority};
    }
}
