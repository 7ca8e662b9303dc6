package org.understudy.server.identity;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Clock;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.understudy.server.kernel.HostId;

/** Real identities and agents for the tests of other modules. */
public final class TestIdentities {

    private TestIdentities() {}

    /** An appliance of its own in an empty directory, or the one that is there. */
    public static ApplianceIdentity open(Path directory) {
        return LocalIdentity.open(directory, new IdentitySettings(List.of()), Clock.systemUTC());
    }

    /** TLS context of an enrolled agent: its own new certificate, trust in the appliance alone. */
    public static SSLContext agent(ApplianceIdentity appliance, HostId host)
            throws GeneralSecurityException, IOException {
        KeyPair pair = CertificateAuthority.newKeyPair();
        char[] password = "unused".toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        Certificate[] chain = {appliance.issueAgentCertificate(host, pair.getPublic())};
        keys.setKeyEntry("agent", pair.getPrivate(), password, chain);
        KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
        keyManagers.init(keys, password);
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("authority", appliance.authority());
        TrustManagerFactory trustManagers = TrustManagerFactory.getInstance("PKIX");
        trustManagers.init(trust);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
        return context;
    }
}
