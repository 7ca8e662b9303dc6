package org.understudy.iscsi.initiator;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.negotiation.IscsiName;

/**
 * How to reach and use one target.
 *
 * @param address portal
 * @param tls own certificate and trusted issuers; present = the session runs inside TLS 1.3
 * @param initiatorName our node name
 * @param targetName the target's node name
 * @param chap what we prove to the target, if it asks
 * @param mutualChap what the target must prove to us; present = a target that cannot is refused
 * @param queueDepth commands in flight at most, 1 to 1024
 * @param timeout for connect, login, and the longest silence of the target while commands are unanswered
 * @param headerDigest ask for CRC32C over headers
 * @param dataDigest ask for CRC32C over data
 * @param reconnect what happens when the connection is lost; empty = the session and everything under way in it fails
 */
public record SessionConfig(
        InetSocketAddress address,
        Optional<SSLContext> tls,
        String initiatorName,
        String targetName,
        Optional<ChapCredentials> chap,
        Optional<ChapCredentials> mutualChap,
        int queueDepth,
        Duration timeout,
        boolean headerDigest,
        boolean dataDigest,
        Optional<Reconnect> reconnect) {

    public static final String DEFAULT_INITIATOR_NAME = "iqn.2026-11.org.understudy:initiator";

    private static final int DEFAULT_QUEUE_DEPTH = 32;

    public SessionConfig {
        initiatorName = IscsiName.of(initiatorName).value();
        targetName = IscsiName.of(targetName).value();
        if (queueDepth < 1 || queueDepth > 1024) {
            throw new IllegalArgumentException("queue depth must be 1 to 1024, not " + queueDepth);
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout must be positive");
        }
        if (mutualChap.isPresent() && chap.isEmpty()) {
            throw new IllegalArgumentException("mutual CHAP needs one-way CHAP");
        }
    }

    /** Plain, no CHAP, queue depth 32, 30 s timeout, no digests, no reconnect. */
    public static SessionConfig of(InetSocketAddress address, String targetName) {
        return new SessionConfig(
                address,
                Optional.empty(),
                DEFAULT_INITIATOR_NAME,
                targetName,
                Optional.empty(),
                Optional.empty(),
                DEFAULT_QUEUE_DEPTH,
                Duration.ofSeconds(30),
                false,
                false,
                Optional.empty());
    }

    public SessionConfig withTls(SSLContext context) {
        return changed(draft -> draft.tls = Optional.of(context));
    }

    public SessionConfig withInitiatorName(String name) {
        return changed(draft -> draft.initiatorName = name);
    }

    public SessionConfig withChap(ChapCredentials credentials) {
        return changed(draft -> draft.chap = Optional.of(credentials));
    }

    public SessionConfig withMutualChap(ChapCredentials credentials) {
        return changed(draft -> draft.mutualChap = Optional.of(credentials));
    }

    public SessionConfig withQueueDepth(int depth) {
        return changed(draft -> draft.queueDepth = depth);
    }

    public SessionConfig withTimeout(Duration newTimeout) {
        return changed(draft -> draft.timeout = newTimeout);
    }

    public SessionConfig withDigests(boolean header, boolean data) {
        return changed(draft -> {
            draft.headerDigest = header;
            draft.dataDigest = data;
        });
    }

    /** The session outlives its connection. */
    public SessionConfig withReconnect(Reconnect policy) {
        return changed(draft -> draft.reconnect = Optional.of(policy));
    }

    private SessionConfig changed(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.finish();
    }

    /** What may be changed, before it is checked. */
    private static final class Draft {
        private final SessionConfig before;
        private Optional<SSLContext> tls;
        private String initiatorName;
        private Optional<ChapCredentials> chap;
        private Optional<ChapCredentials> mutualChap;
        private int queueDepth;
        private Duration timeout;
        private boolean headerDigest;
        private boolean dataDigest;
        private Optional<Reconnect> reconnect;

        Draft(SessionConfig before) {
            this.before = before;
            this.tls = before.tls;
            this.initiatorName = before.initiatorName;
            this.chap = before.chap;
            this.mutualChap = before.mutualChap;
            this.queueDepth = before.queueDepth;
            this.timeout = before.timeout;
            this.headerDigest = before.headerDigest;
            this.dataDigest = before.dataDigest;
            this.reconnect = before.reconnect;
        }

        SessionConfig finish() {
            return new SessionConfig(
                    before.address,
                    tls,
                    initiatorName,
                    before.targetName,
                    chap,
                    mutualChap,
                    queueDepth,
                    timeout,
                    headerDigest,
                    dataDigest,
                    reconnect);
        }
    }
}
