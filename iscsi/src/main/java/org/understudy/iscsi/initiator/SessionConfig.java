package org.understudy.iscsi.initiator;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
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
        return new SessionConfig(
                address,
                Optional.of(context),
                initiatorName,
                targetName,
                chap,
                mutualChap,
                queueDepth,
                timeout,
                headerDigest,
                dataDigest,
                reconnect);
    }

    public SessionConfig withInitiatorName(String name) {
        return new SessionConfig(
                address,
                tls,
                name,
                targetName,
                chap,
                mutualChap,
                queueDepth,
                timeout,
                headerDigest,
                dataDigest,
                reconnect);
    }

    public SessionConfig withChap(ChapCredentials credentials) {
        return new SessionConfig(
                address,
                tls,
                initiatorName,
                targetName,
                Optional.of(credentials),
                mutualChap,
                queueDepth,
                timeout,
                headerDigest,
                dataDigest,
                reconnect);
    }

    public SessionConfig withMutualChap(ChapCredentials credentials) {
        return new SessionConfig(
                address,
                tls,
                initiatorName,
                targetName,
                chap,
                Optional.of(credentials),
                queueDepth,
                timeout,
                headerDigest,
                dataDigest,
                reconnect);
    }

    public SessionConfig withQueueDepth(int depth) {
        return new SessionConfig(
                address,
                tls,
                initiatorName,
                targetName,
                chap,
                mutualChap,
                depth,
                timeout,
                headerDigest,
                dataDigest,
                reconnect);
    }

    public SessionConfig withTimeout(Duration newTimeout) {
        return new SessionConfig(
                address,
                tls,
                initiatorName,
                targetName,
                chap,
                mutualChap,
                queueDepth,
                newTimeout,
                headerDigest,
                dataDigest,
                reconnect);
    }

    public SessionConfig withDigests(boolean header, boolean data) {
        return new SessionConfig(
                address,
                tls,
                initiatorName,
                targetName,
                chap,
                mutualChap,
                queueDepth,
                timeout,
                header,
                data,
                reconnect);
    }

    /** The session outlives its connection. */
    public SessionConfig withReconnect(Reconnect policy) {
        return new SessionConfig(
                address,
                tls,
                initiatorName,
                targetName,
                chap,
                mutualChap,
                queueDepth,
                timeout,
                headerDigest,
                dataDigest,
                Optional.of(policy));
    }
}
