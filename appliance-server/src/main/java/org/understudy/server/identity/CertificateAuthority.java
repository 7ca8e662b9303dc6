package org.understudy.server.identity;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Key and certificate of the appliance's CA, and what it signs. Profiles follow RFC 5280; all keys are EC P-256, all signatures
 * ECDSA with SHA-256. Immutable.
 */
record CertificateAuthority(PrivateKey key, X509Certificate certificate) {

    static final Period LIFE = Period.ofYears(30);
    static final Period SERVER_LIFE = Period.ofYears(5);
    static final Period AGENT_LIFE = Period.ofYears(10);

    /** Agents whose clock is behind must accept a new certificate too. */
    private static final Duration BACKDATED = Duration.ofDays(1);

    private static final SecureRandom RANDOM = new SecureRandom();

    static CertificateAuthority create(Instant now) throws GeneralSecurityException, IOException {
        KeyPair pair = newKeyPair();
        byte[] mark = new byte[4];
        RANDOM.nextBytes(mark);
        X500Name name = name("Understudy CA " + HexFormat.of().formatHex(mark));
        JcaX509v3CertificateBuilder builder = builder(name, name, pair.getPublic(), now, LIFE);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        return new CertificateAuthority(pair.getPrivate(), sign(builder, pair.getPrivate()));
    }

    static KeyPair newKeyPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
        return generator.generateKeyPair();
    }

    /** @param names DNS names and literal IP addresses */
    X509Certificate issueServer(PublicKey subject, List<String> names, Instant now)
            throws GeneralSecurityException, IOException {
        JcaX509v3CertificateBuilder builder =
                leaf("understudy", subject, now, SERVER_LIFE, KeyPurposeId.id_kp_serverAuth);
        GeneralName[] alternatives = names.stream()
                .map(name -> new GeneralName(
                        IdentitySettings.isAddress(name) ? GeneralName.iPAddress : GeneralName.dNSName, name))
                .toArray(GeneralName[]::new);
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
        return sign(builder, key);
    }

    X509Certificate issueAgent(PublicKey subject, String commonName, Instant now)
            throws GeneralSecurityException, IOException {
        return sign(leaf(commonName, subject, now, AGENT_LIFE, KeyPurposeId.id_kp_clientAuth), key);
    }

    private JcaX509v3CertificateBuilder leaf(
            String commonName, PublicKey subject, Instant now, Period life, KeyPurposeId purpose)
            throws GeneralSecurityException, IOException {
        X500Name issuer =
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        JcaX509v3CertificateBuilder builder = builder(issuer, name(commonName), subject, now, life);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(purpose));
        builder.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(certificate));
        return builder;
    }

    private static JcaX509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey key, Instant now, Period life)
            throws GeneralSecurityException, CertIOException {
        Instant end = now.atOffset(ZoneOffset.UTC).plus(life).toInstant();
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                issuer, serial(), Date.from(now.minus(BACKDATED)), Date.from(end), subject, key);
        builder.addExtension(
                Extension.subjectKeyIdentifier, false, new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
        return builder;
    }

    private static X500Name name(String commonName) {
        return new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.CN, commonName)
                .build();
    }

    /** Positive, unpredictable, at most 16 of the 20 bytes that RFC 5280 allows. */
    private static BigInteger serial() {
        return new BigInteger(126, RANDOM).setBit(126);
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key)
            throws GeneralSecurityException {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException("no signer for the key of the authority", e);
        }
    }

    /** Key and certificate as PEM, in one text so that they cannot be parted. */
    String toPem() throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
            pem.writeObject(new JcaPKCS8Generator(key, null));
            pem.writeObject(certificate);
        }
        return text.toString();
    }
}
