package org.understudy.iscsi.target;

import java.net.InetSocketAddress;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Where a server listens.
 *
 * @param plain address of the plain portal, or null; port 0 picks a free one
 * @param tls address of the TLS portal, or null; port 0 picks a free one
 * @param tlsContext own certificate and trusted issuers; needed with {@code tls}. TLS 1.3 only, client certificates required
 * @param limits what peers may take
 * @param loginListener hears of refused logins
 */
public record TargetServerConfig(
        @Nullable InetSocketAddress plain,
        @Nullable InetSocketAddress tls,
        @Nullable SSLContext tlsContext,
        Limits limits,
        LoginListener loginListener) {

    public TargetServerConfig(
            @Nullable InetSocketAddress plain,
            @Nullable InetSocketAddress tls,
            @Nullable SSLContext tlsContext,
            Limits limits) {
        this(plain, tls, tlsContext, limits, LoginListener.NONE);
    }

    public TargetServerConfig {
        if (plain == null && tls == null) {
            throw new IllegalArgumentException("a target server needs at least one portal");
        }
        if (tls != null && tlsContext == null) {
            throw new IllegalArgumentException("a TLS portal needs a TLS context");
        }
    }

    public static TargetServerConfig plain(InetSocketAddress address) {
        return new TargetServerConfig(address, null, null, Limits.defaults());
    }

    public static TargetServerConfig tls(InetSocketAddress address, SSLContext context) {
        return new TargetServerConfig(null, address, context, Limits.defaults());
    }

    public TargetServerConfig withLimits(Limits newLimits) {
        return new TargetServerConfig(plain, tls, tlsContext, newLimits, loginListener);
    }

    public TargetServerConfig withLoginListener(LoginListener listener) {
        return new TargetServerConfig(plain, tls, tlsContext, limits, listener);
    }
}
