package org.understudy.server.fleet.enrolment;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * The key that an agent wants a certificate for.
 *
 * @param key an EC key; the authority checks the curve
 */
record AgentKey(PublicKey key) {

    /**
     * @param base64 SubjectPublicKeyInfo
     * @throws org.understudy.core.problem.ProblemException {@code INVALID_REQUEST}
     */
    static AgentKey parse(String base64) {
        try {
            byte[] encoded = Base64.getDecoder().decode(base64);
            return new AgentKey(KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(encoded)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", "publicKey is not an EC key")
                    .asException(e);
        }
    }

    /** Whether {@code proof} is this key's signature over the token: only who holds the private key can make it. */
    boolean signed(OneTimeToken token, String proof) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initVerify(key);
            signature.update(token.text().getBytes(StandardCharsets.UTF_8));
            return signature.verify(Base64.getDecoder().decode(proof));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }
}
