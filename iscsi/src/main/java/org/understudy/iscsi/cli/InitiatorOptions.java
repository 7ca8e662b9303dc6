package org.understudy.iscsi.cli;

import java.io.IOException;
import java.time.Duration;
import org.understudy.iscsi.initiator.Reconnect;
import org.understudy.iscsi.initiator.SessionConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the commands that log in somewhere. */
final class InitiatorOptions {

    @Option(names = "--initiator", paramLabel = "IQN", description = "Our initiator name; default: ${DEFAULT-VALUE}.")
    String initiatorName = SessionConfig.DEFAULT_INITIATOR_NAME;

    @Option(names = "--digests", description = "Protect headers and data with CRC32C.")
    private boolean digests;

    @Option(
            names = "--depth",
            paramLabel = "N",
            description = "Commands in flight, 1 to 1024; default: ${DEFAULT-VALUE}.")
    private int depth = 32;

    @Option(
            names = "--reconnect",
            paramLabel = "SECONDS",
            description = "Time to reach the target again after a lost connection; 0 gives up at once; "
                    + "default: ${DEFAULT-VALUE}.")
    private long reconnectSeconds = 30;

    @Mixin
    private TlsOptions tls = new TlsOptions();

    /** How to log in to the target of a URL. */
    SessionConfig session(DiskUrl url) throws IOException {
        return session(url, url.requiredTarget());
    }

    /** How to ask the portal of a URL for its targets. */
    SessionConfig discovery(DiskUrl url, String anyTarget) throws IOException {
        return session(url, anyTarget);
    }

    private SessionConfig session(DiskUrl url, String target) throws IOException {
        SessionConfig config = SessionConfig.of(url.portal(), target)
                .withInitiatorName(initiatorName)
                .withDigests(digests, digests)
                .withQueueDepth(depth);
        if (reconnectSeconds > 0) {
            config = config.withReconnect(Reconnect.within(Duration.ofSeconds(reconnectSeconds)));
        }
        if (url.tls()) {
            config = config.withTls(tls.context()
                    .orElseThrow(() ->
                            new IllegalArgumentException("an iscsis:// URL needs --tls-cert, --tls-key and --tls-ca")));
        }
        return url.chap().map(config::withChap).orElse(config);
    }
}
