package org.understudy.agent.testing;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.understudy.agent.tls.AgentTls;
import org.understudy.agent.tls.Pem;

/** A certification authority as an appliance has one. */
public final class TestAuthority {

    private static final X500Name NAME = new X500Name("CN=Test appliance CA");
    private static final Instant START = Instant.parse("2020-01-01T00:00:00Z");
    private static final Instant END = Instant.parse("2099-01-01T00:00:00Z");

    private final KeyPair key;
    private final X509Certificate certificate;
    private final SecureRandom random = new SecureRandom();

    public TestAuthority() throws Exception {
        key = AgentTls.newKey();
        certificate = sign(NAME, key.getPublic(), null);
    }

    public X509Certificate certificate() {
        return certificate;
    }

    public String fingerprint() throws GeneralSecurityException {
        return Pem.fingerprint(certificate);
    }

    public static String pem(X509Certificate certificate) throws GeneralSecurityException {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
    }

    public X509Certificate issueClient(PublicKey subject) throws Exception {
        return sign(new X500Name("CN=host"), subject, KeyPurposeId.id_kp_clientAuth);
    }

    /** A TLS context for a server whose certificate has this purpose; it sends leaf and CA, and trusts this CA's clients. */
    public SSLContext server(boolean serverPurpose) throws Exception {
        KeyPair leaf = AgentTls.newKey();
        X509Certificate issued = sign(
                new X500Name("CN=appliance"),
                leaf.getPublic(),
                serverPurpose ? KeyPurposeId.id_kp_serverAuth : KeyPurposeId.id_kp_clientAuth);
        KeyStore keys = store();
        keys.setKeyEntry("server", leaf.getPrivate(), new char[0], new Certificate[] {issued, certificate});
        KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keyManagers.init(keys, new char[0]);
        KeyStore trusted = store();
        trusted.setCertificateEntry("ca", certificate);
        TrustManagerFactory trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trustManagers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), random);
        return context;
    }

    private static KeyStore store() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private X509Certificate sign(
            X500Name subject, PublicKey subjectKey, @org.jspecify.annotations.Nullable KeyPurposeId purpose)
            throws GeneralSecurityException, IOException, OperatorCreationException {
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                NAME,
                BigInteger.valueOf(new SecureRandom().nextLong() >>> 1),
                Date.from(START),
                Date.from(END),
                subject,
                subjectKey);
        if (purpose == null) {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        } else {
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
        }
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate())));
    }
}
