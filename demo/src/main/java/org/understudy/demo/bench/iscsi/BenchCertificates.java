package org.understudy.demo.bench.iscsi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import org.understudy.agent.tls.AgentTls;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;

/** An authority with one certificate for the target and one for the initiator, made by openssl for one run. */
record BenchCertificates(Path directory) {

    private static final String DAYS = "2";

    static BenchCertificates make(CommandRunner commands, Path work) throws IOException {
        Path directory = Files.createDirectories(work.resolve("tls"));
        BenchCertificates made = new BenchCertificates(directory);
        openssl(
                commands,
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days " + DAYS
                        + " -subj /CN=bench-authority -addext basicConstraints=critical,CA:TRUE",
                "-keyout",
                made.file("ca.key"),
                "-out",
                made.file("ca.pem"));
        for (String name : new String[] {"target", "initiator"}) {
            Path extensions = directory.resolve(name + ".ext");
            Files.writeString(
                    extensions,
                    "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n",
                    StandardOpenOption.CREATE_NEW);
            openssl(
                    commands,
                    "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name,
                    "-keyout",
                    made.file(name + ".key"),
                    "-out",
                    made.file(name + ".csr"));
            openssl(
                    commands,
                    "x509 -req -CAcreateserial -days " + DAYS,
                    "-in",
                    made.file(name + ".csr"),
                    "-CA",
                    made.file("ca.pem"),
                    "-CAkey",
                    made.file("ca.key"),
                    "-extfile",
                    extensions.toString(),
                    "-out",
                    made.file(name + ".pem"));
        }
        return made;
    }

    private static void openssl(CommandRunner commands, String words, String... files) {
        commands.run(Command.of("openssl").and(words.split(" ", -1)).and(files)).orThrow();
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    /** The options of {@code iscsi target} for a TLS portal. */
    String[] targetOptions() {
        return new String[] {
            "--tls-cert", file("target.pem"), "--tls-key", file("target.key"), "--tls-ca", file("ca.pem")
        };
    }

    SSLContext initiatorContext() throws IOException, GeneralSecurityException {
        return AgentTls.mutual(
                Files.readString(directory.resolve("initiator.key")),
                Files.readString(directory.resolve("initiator.pem")),
                Files.readString(directory.resolve("ca.pem")));
    }
}
