package org.understudy.server.fleet;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.kernel.HostId;

/** A certificate authority in memory with its stores in a directory: enough of an identity to test ports and enrolment. */
public final class TestIdentity implements ApplianceIdentity {

    private static final String PASSWORD = "of the test";

    private final KeyPair authorityKey = newKey();
    private final X509Certificate authority;
    private final Path directory;

    public TestIdentity(Path directory) {
        this.directory = directory;
        this.authority = sign("CN=Understudy test", authorityKey.getPublic(), null, null);
        KeyPair serverKey = newKey();
        X509Certificate server = sign("CN=server", serverKey.getPublic(), authority, KeyPurposeId.id_kp_serverAuth);
        try {
            KeyStore keys = emptyStore();
            keys.setKeyEntry(
                    "server", serverKey.getPrivate(), PASSWORD.toCharArray(), new X509Certificate[] {server, authority
                    });
            save(keys, serverKeyStore());
            KeyStore trust = emptyStore();
            trust.setCertificateEntry("authority", authority);
            save(trust, trustStore());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String fingerprint() {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(authority.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public X509Certificate authority() {
        return authority;
    }

    @Override
    public X509Certificate issueAgentCertificate(HostId host, PublicKey key) {
        return issue("CN=" + host, key);
    }

    /** A certificate for any subject. */
    public X509Certificate issue(String subject, PublicKey key) {
        return sign(subject, key, authority, KeyPurposeId.id_kp_clientAuth);
    }

    @Override
    public SSLContext serverContext() {
        throw new UnsupportedOperationException("not needed by these tests");
    }

    /** TLS client that trusts this authority and presents {@code certificate}, or none. */
    public SSLContext clientContext(@Nullable PrivateKey key, @Nullable X509Certificate certificate) {
        try {
            KeyManager[] keyManagers = null;
            if (key != null && certificate != null) {
                KeyStore keys = emptyStore();
                keys.setKeyEntry("agent", key, PASSWORD.toCharArray(), new X509Certificate[] {certificate});
                KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
                factory.init(keys, PASSWORD.toCharArray());
                keyManagers = factory.getKeyManagers();
            }
            KeyStore trust = emptyStore();
            trust.setCertificateEntry("authority", authority);
            TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
            trusted.init(trust);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keyManagers, trusted.getTrustManagers(), new SecureRandom());
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Path serverKeyStore() {
        return directory.resolve("server.p12");
    }

    @Override
    public Path trustStore() {
        return directory.resolve("trust.p12");
    }

    @Override
    public String storePassword() {
        return PASSWORD;
    }

    private X509Certificate sign(
            String subject, PublicKey key, @Nullable X509Certificate issuer, @Nullable KeyPurposeId purpose) {
        Instant now = Instant.now();
        X500Principal name = new X500Principal(subject);
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    issuer == null ? name : issuer.getSubjectX500Principal(),
                    new BigInteger(120, new SecureRandom()).add(BigInteger.ONE),
                    Date.from(now.minus(Duration.ofMinutes(5))),
                    Date.from(now.plus(Duration.ofDays(2))),
                    name,
                    key);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(issuer == null));
            if (purpose != null) {
                builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
                builder.addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(new GeneralName(GeneralName.iPAddress, "127.0.0.1")));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(
                            new JcaContentSignerBuilder("SHA256withECDSA").build(authorityKey.getPrivate())));
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static void save(KeyStore store, Path file) throws GeneralSecurityException, IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, PASSWORD.toCharArray());
        }
    }
}
