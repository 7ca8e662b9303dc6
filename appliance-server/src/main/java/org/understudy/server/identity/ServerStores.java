package org.understudy.server.identity;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PKCS#12 files of the listeners and their password. The server's certificate is issued anew, with a new key, when it is
 * about to expire or lacks a name that the appliance now has; a file that cannot be read is never replaced.
 */
final class ServerStores {

    static final String SERVER = "server.p12";
    static final String TRUST = "trust.p12";
    static final String PASSWORD = "store-password";
    static final Duration RENEWED_BEFORE_END = Duration.ofDays(90);

    private static final Logger log = LoggerFactory.getLogger(ServerStores.class);
    private static final String ALIAS = "server";

    private final IdentityFiles files;
    private final CertificateAuthority authority;
    private final String password;

    private ServerStores(IdentityFiles files, CertificateAuthority authority, String password) {
        this.files = files;
        this.authority = authority;
        this.password = password;
    }

    /** What a listener presents. */
    record ServerKey(PrivateKey key, X509Certificate certificate) {}

    static ServerStores open(IdentityFiles files, CertificateAuthority authority, List<String> names, Instant now)
            throws IOException, GeneralSecurityException {
        if (!files.exists(PASSWORD)) {
            if (files.exists(SERVER) || files.exists(TRUST)) {
                throw files.damaged(PASSWORD, "it is missing, so the key stores beside it cannot be opened");
            }
            byte[] random = new byte[24];
            new SecureRandom().nextBytes(random);
            files.write(PASSWORD, HexFormat.of().formatHex(random).getBytes(StandardCharsets.US_ASCII));
        }
        String password = new String(files.read(PASSWORD), StandardCharsets.US_ASCII).strip();
        if (password.isEmpty()) {
            throw files.damaged(PASSWORD, "it is empty");
        }
        ServerStores stores = new ServerStores(files, authority, password);
        stores.ensureTrust();
        stores.ensureServer(names, now);
        return stores;
    }

    String password() {
        return password;
    }

    private void ensureTrust() throws IOException, GeneralSecurityException {
        if (files.exists(TRUST)) {
            Certificate trusted = load(TRUST).getCertificate("authority");
            if (!authority.certificate().equals(trusted)) {
                throw files.damaged(TRUST, "it trusts another authority than " + AuthorityFile.NAME);
            }
            return;
        }
        KeyStore store = empty();
        store.setCertificateEntry("authority", authority.certificate());
        save(TRUST, store);
    }

    private void ensureServer(List<String> names, Instant now) throws IOException, GeneralSecurityException {
        if (files.exists(SERVER)) {
            X509Certificate present = serverKey().certificate();
            Set<String> missing = new TreeSet<>(names);
            missing.removeAll(namesOf(present));
            Instant end = present.getNotAfter().toInstant();
            if (missing.isEmpty() && end.isAfter(now.plus(RENEWED_BEFORE_END))) {
                return;
            }
            log.info("the server's certificate is issued anew: valid until {}, missing names {}", end, missing);
        }
        KeyPair pair = CertificateAuthority.newKeyPair();
        X509Certificate certificate = authority.issueServer(pair.getPublic(), names, now);
        KeyStore store = empty();
        Certificate[] chain = {certificate, authority.certificate()};
        store.setKeyEntry(ALIAS, pair.getPrivate(), password.toCharArray(), chain);
        save(SERVER, store);
    }

    ServerKey serverKey() throws IOException, GeneralSecurityException {
        KeyStore store = load(SERVER);
        try {
            if (store.getKey(ALIAS, password.toCharArray()) instanceof PrivateKey key
                    && store.getCertificate(ALIAS) instanceof X509Certificate certificate) {
                certificate.verify(authority.certificate().getPublicKey());
                return new ServerKey(key, certificate);
            }
        } catch (GeneralSecurityException e) {
            throw files.damaged(SERVER, "its certificate is not one of " + AuthorityFile.NAME, e);
        }
        throw files.damaged(SERVER, "it holds no key of the server");
    }

    private static Set<String> namesOf(X509Certificate certificate) throws GeneralSecurityException {
        Set<String> names = new HashSet<>();
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives != null) {
            alternatives.forEach(alternative -> names.add(ServerNames.canonical(String.valueOf(alternative.get(1)))));
        }
        return names;
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private KeyStore load(String name) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        byte[] contents = files.read(name);
        try {
            store.load(new ByteArrayInputStream(contents), password.toCharArray());
        } catch (IOException | GeneralSecurityException e) {
            throw files.damaged(name, "it cannot be opened with " + PASSWORD, e);
        }
        return store;
    }

    private void save(String name, KeyStore store) throws IOException, GeneralSecurityException {
        ByteArrayOutputStream contents = new ByteArrayOutputStream();
        store.store(contents, password.toCharArray());
        files.write(name, contents.toByteArray());
    }
}
