package org.understudy.agent.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** TLS contexts of the agent: before enrolment by fingerprint, after it with the own certificate. Stateless. */
public final class AgentTls {

    private AgentTls() {}

    /** A new EC key on P-256, as the appliance wants it. */
    public static KeyPair newKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** Context that trusts the authority with this fingerprint and shows no certificate. */
    public static SSLContext byFingerprint(String fingerprint) throws GeneralSecurityException {
        return context(null, ApplianceTrust.inFingerprint(fingerprint));
    }

    /** Context that trusts the authority alone and proves who the agent is. */
    public static SSLContext mutual(String privateKeyPem, String certificatePem, String authorityPem)
            throws GeneralSecurityException, IOException {
        X509Certificate certificate = Pem.certificate(certificatePem);
        X509Certificate authority = Pem.certificate(authorityPem);
        return context(keys(Pem.ecKey(privateKeyPem), certificate, authority), ApplianceTrust.inAuthority(authority));
    }

    /** TLS 1.3 and nothing older: both ends are ours. */
    public static SSLParameters parameters() {
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        return parameters;
    }

    private static KeyManager[] keys(PrivateKey key, X509Certificate certificate, X509Certificate authority)
            throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        char[] none = new char[0];
        store.setKeyEntry("agent", key, none, new Certificate[] {certificate, authority});
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, none);
        return factory.getKeyManagers();
    }

    private static SSLContext context(KeyManager @Nullable [] keys, ApplianceTrust trust)
            throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys, new TrustManager[] {trust}, new SecureRandom());
        return context;
    }
}
