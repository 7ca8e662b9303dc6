package org.understudy.iscsi.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Certificates of a side that speaks iSCSI inside TLS 1.3. All three or none. */
final class TlsOptions {

    @Option(names = "--tls-cert", paramLabel = "PEM", description = "Own certificate, with its chain.")
    private @Nullable Path certificate;

    @Option(names = "--tls-key", paramLabel = "PEM", description = "Own private key, PKCS #8, not encrypted.")
    private @Nullable Path key;

    @Option(names = "--tls-ca", paramLabel = "PEM", description = "Authorities whose certificates the peer may have.")
    private @Nullable Path authority;

    /** Empty if no option was given. */
    Optional<SSLContext> context() throws IOException {
        if (certificate == null && key == null && authority == null) {
            return Optional.empty();
        }
        if (certificate == null || key == null || authority == null) {
            throw new IllegalArgumentException("TLS needs all of --tls-cert, --tls-key and --tls-ca");
        }
        return Optional.of(PemTls.context(certificate, key, authority));
    }
}
