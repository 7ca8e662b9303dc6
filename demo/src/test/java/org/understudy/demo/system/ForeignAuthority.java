package org.understudy.demo.system;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;

/** A certificate authority that is not the appliance's, and a client certificate of it with the name of a real host. */
final class ForeignAuthority {

    private static final String PASSWORD = "changeit";

    private ForeignAuthority() {}

    /** A context that trusts the appliance and presents the forged certificate. */
    static SSLContext impostor(CommandRunner commands, Path work, String hostId, String appliancePem)
            throws IOException, GeneralSecurityException {
        Path store = work.resolve("foreign.p12");
        Files.deleteIfExists(store);
        keytool(commands, store, "-alias", "ca", "-dname", "CN=Understudy CA", "-ext", "bc:c");
        keytool(commands, store, "-alias", "agent", "-dname", "CN=" + hostId, "-signer", "ca");
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        keys.deleteEntry("ca");
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD.toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry(
                "appliance",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(appliancePem.getBytes(StandardCharsets.US_ASCII))));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static void keytool(CommandRunner commands, Path store, String... arguments) {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "30"));
        argv.addAll(List.of(arguments));
        commands.run(Command.of(argv)).orThrow();
    }
}
