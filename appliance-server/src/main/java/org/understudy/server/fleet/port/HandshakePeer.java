package org.understudy.server.fleet.port;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.jspecify.annotations.Nullable;

/**
 * Knows whose TLS handshake the current thread is working on. Tomcat makes its TLS engines without the peer's address, so a
 * trust manager could not say whom it refused; the endpoint made here notes the address around each step of a handshake, which
 * runs its certificate checks on the same thread.
 */
final class HandshakePeer {

    private static final ThreadLocal<@Nullable String> CURRENT = new ThreadLocal<>();

    private HandshakePeer() {}

    /** Address of the peer, without port; {@code unknown} outside of a handshake. */
    static String address() {
        String address = CURRENT.get();
        return address == null ? "unknown" : address;
    }

    /** An endpoint of Tomcat that notes the peer. */
    static NioEndpoint endpoint() {
        return new NotingEndpoint();
    }

    private static String addressOf(SocketChannel channel) throws IOException {
        SocketAddress remote = channel.getRemoteAddress();
        return remote instanceof InetSocketAddress inet ? inet.getAddress().getHostAddress() : String.valueOf(remote);
    }

    private static final class NotingEndpoint extends NioEndpoint {

        @Override
        protected NioChannel createChannel(SocketBufferHandler buffer) {
            return isSSLEnabled() ? new NotingChannel(buffer, this) : super.createChannel(buffer);
        }
    }

    private static final class NotingChannel extends SecureNioChannel {

        NotingChannel(SocketBufferHandler buffer, NioEndpoint endpoint) {
            super(buffer, endpoint);
        }

        @Override
        public int handshake(boolean read, boolean write) throws IOException {
            CURRENT.set(addressOf(getIOChannel()));
            try {
                return super.handshake(read, write);
            } finally {
                CURRENT.remove();
            }
        }
    }
}
