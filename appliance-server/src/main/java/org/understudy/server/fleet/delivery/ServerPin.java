package org.understudy.server.fleet.delivery;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Enumeration;
import org.springframework.stereotype.Component;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.identity.ApplianceIdentity;

/**
 * The public key of the appliance's server certificate as curl and wget pin it (RFC 7469 section 2.4: SHA-256 of the
 * SubjectPublicKeyInfo). With it, a script that is piped into a shell comes from this appliance although no public authority
 * vouches for it. Thread-safe.
 */
@Component
public class ServerPin {

    private final ApplianceIdentity identity;

    public ServerPin(ApplianceIdentity identity) {
        this.identity = identity;
    }

    /** {@code sha256//} and the digest in Base64. */
    String text() {
        try (InputStream file = Files.newInputStream(identity.serverKeyStore())) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(file, identity.storePassword().toCharArray());
            for (Enumeration<String> names = store.aliases(); names.hasMoreElements(); ) {
                String name = names.nextElement();
                if (store.isKeyEntry(name)) {
                    byte[] key = store.getCertificate(name).getPublicKey().getEncoded();
                    return "sha256//"
                            + Base64.getEncoder()
                                    .encodeToString(BlockDigest.sha256().digest(key));
                }
            }
            throw new GeneralSecurityException("it holds no key");
        } catch (IOException | GeneralSecurityException e) {
            throw Problem.of(
                            ProblemCode.IDENTITY_DAMAGED,
                            "file",
                            identity.serverKeyStore().toString(),
                            "reason",
                            "it cannot be read")
                    .asException(e);
        }
    }
}
