package org.understudy.server.identity;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/** {@code authority.pem}: the CA's private key and certificate in one file. */
final class AuthorityFile {

    static final String NAME = "authority.pem";

    private AuthorityFile() {}

    /**
     * Reads and checks the authority.
     *
     * @throws org.understudy.core.problem.ProblemException {@code IDENTITY_DAMAGED} unless key and certificate are there and
     *     belong together
     */
    static CertificateAuthority read(IdentityFiles files) throws IOException {
        String text = new String(files.read(NAME), StandardCharsets.US_ASCII);
        CertificateAuthority authority;
        try (PEMParser pem = new PEMParser(new StringReader(text))) {
            if (pem.readObject() instanceof PrivateKeyInfo keyInfo
                    && pem.readObject() instanceof X509CertificateHolder holder) {
                PrivateKey key = new JcaPEMKeyConverter().getPrivateKey(keyInfo);
                authority = new CertificateAuthority(key, new JcaX509CertificateConverter().getCertificate(holder));
            } else {
                throw files.damaged(NAME, "it does not hold a private key and a certificate");
            }
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw files.damaged(NAME, "it cannot be read", e);
        }
        requireWhole(files, authority);
        return authority;
    }

    private static void requireWhole(IdentityFiles files, CertificateAuthority authority) {
        X509Certificate certificate = authority.certificate();
        try {
            certificate.verify(certificate.getPublicKey());
            if (certificate.getBasicConstraints() < 0) {
                throw files.damaged(NAME, "its certificate is not one of an authority");
            }
            byte[] probe = {1, 2, 3};
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(authority.key());
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(probe);
            if (!signature.verify(signed)) {
                throw files.damaged(NAME, "key and certificate do not belong together");
            }
        } catch (GeneralSecurityException e) {
            throw files.damaged(NAME, "key or certificate is not valid", e);
        }
    }

    static void write(IdentityFiles files, CertificateAuthority authority) throws IOException {
        files.write(NAME, authority.toPem().getBytes(StandardCharsets.US_ASCII));
    }
}
