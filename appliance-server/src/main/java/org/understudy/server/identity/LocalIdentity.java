package org.understudy.server.identity;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Clock;
import java.util.HexFormat;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;

/** The identity kept in files of this machine. A new authority is made only where no trace of an earlier one is. */
final class LocalIdentity implements ApplianceIdentity {

    private static final Logger log = LoggerFactory.getLogger(LocalIdentity.class);

    private final IdentityFiles files;
    private final CertificateAuthority authority;
    private final ServerStores stores;
    private final SSLContext context;
    private final Clock clock;

    private LocalIdentity(
            IdentityFiles files, CertificateAuthority authority, ServerStores stores, SSLContext context, Clock clock) {
        this.files = files;
        this.authority = authority;
        this.stores = stores;
        this.context = context;
        this.clock = clock;
    }

    /**
     * Reads the identity, or makes it on first start.
     *
     * @param directory the identity's own directory
     * @throws ProblemException {@code IDENTITY_DAMAGED}
     */
    static LocalIdentity open(Path directory, IdentitySettings settings, Clock clock) {
        try {
            IdentityFiles files = new IdentityFiles(directory);
            CertificateAuthority authority = authority(files, clock);
            ServerStores stores = ServerStores.open(files, authority, ServerNames.all(settings), clock.instant());
            return new LocalIdentity(files, authority, stores, context(authority, stores), clock);
        } catch (IOException | GeneralSecurityException e) {
            throw Problem.of(
                            ProblemCode.IDENTITY_DAMAGED,
                            "file",
                            directory.toString(),
                            "reason",
                            "it cannot be read or written")
                    .asException(e);
        }
    }

    private static CertificateAuthority authority(IdentityFiles files, Clock clock)
            throws IOException, GeneralSecurityException {
        if (files.exists(AuthorityFile.NAME)) {
            return AuthorityFile.read(files);
        }
        if (files.exists(ServerStores.TRUST) || files.exists(ServerStores.SERVER)) {
            throw files.damaged(AuthorityFile.NAME, "it is missing, but other files of an identity are there");
        }
        CertificateAuthority made = CertificateAuthority.create(clock.instant());
        AuthorityFile.write(files, made);
        log.info(
                "made the certificate authority of this appliance: {}",
                made.certificate().getSubjectX500Principal());
        return made;
    }

    private static SSLContext context(CertificateAuthority authority, ServerStores stores)
            throws IOException, GeneralSecurityException {
        ServerStores.ServerKey server = stores.serverKey();
        char[] password = stores.password().toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        Certificate[] chain = {server.certificate(), authority.certificate()};
        store.setKeyEntry("server", server.key(), password, chain);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("authority", authority.certificate());
        TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
        trusted.init(trust);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
        return new Tls13Context(context);
    }

    @Override
    public String fingerprint() {
        try {
            return HexFormat.of()
                    .formatHex(
                            BlockDigest.sha256().digest(authority.certificate().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that was read can be encoded", e);
        }
    }

    @Override
    public X509Certificate authority() {
        return authority.certificate();
    }

    @Override
    public X509Certificate issueAgentCertificate(HostId host, PublicKey key) {
        if (!(key instanceof ECPublicKey ec) || !P256.isPointOf(ec)) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", "the public key is not one of EC P-256")
                    .asException();
        }
        try {
            return authority.issueAgent(key, host.toString(), clock.instant());
        } catch (GeneralSecurityException | IOException e) {
            throw Problem.of(ProblemCode.INTERNAL).asException(e);
        }
    }

    @Override
    public SSLContext serverContext() {
        return context;
    }

    @Override
    public Path serverKeyStore() {
        return files.path(ServerStores.SERVER);
    }

    @Override
    public Path trustStore() {
        return files.path(ServerStores.TRUST);
    }

    @Override
    public String storePassword() {
        return stores.password();
    }
}
