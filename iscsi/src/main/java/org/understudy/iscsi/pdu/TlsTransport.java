package org.understudy.iscsi.pdu;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.security.Principal;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TLS 1.3 with certificates on both sides, over a plain socket that can be cut without the TLS closing ceremony. */
public final class TlsTransport implements Transport {

    private static final Logger log = LoggerFactory.getLogger(TlsTransport.class);
    private static final int STAGING_BYTES = 64 << 10;
    /** Java prefers 256 bits; 128 are as safe for a connection and a quarter faster, which is what bounds the data path. */
    private static final String[] CIPHER_SUITES = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
    };

    private final Socket socket;
    private final InputStream input;
    private final OutputStream output;
    private final byte[] readStaging = new byte[STAGING_BYTES];
    private final byte[] writeStaging = new byte[STAGING_BYTES];
    private final Optional<String> peerCommonName;
    private final SocketAddress remote;

    private TlsTransport(Socket socket, SSLSocket tls) throws IOException {
        this.socket = socket;
        this.input = tls.getInputStream();
        this.output = tls.getOutputStream();
        this.peerCommonName = commonName(tls.getSession().getPeerPrincipal());
        this.remote = socket.getRemoteSocketAddress();
    }

    /** Shakes hands as the server on an accepted socket and demands a client certificate. Blocks; close the socket to end it. */
    public static TlsTransport accept(SSLContext context, Socket socket) throws IOException {
        return handshake(context, socket, false);
    }

    /** Shakes hands as the client. Blocks; close the socket to end it. */
    public static TlsTransport connect(SSLContext context, Socket socket) throws IOException {
        return handshake(context, socket, true);
    }

    private static TlsTransport handshake(SSLContext context, Socket socket, boolean client) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setKeepAlive(true);
        String host = socket.getInetAddress().getHostAddress();
        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, host, socket.getPort(), true);
        tls.setUseClientMode(client);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        parameters.setCipherSuites(CIPHER_SUITES);
        if (!client) {
            parameters.setNeedClientAuth(true);
        }
        tls.setSSLParameters(parameters);
        tls.startHandshake();
        return new TlsTransport(socket, tls);
    }

    /** Subject common name of the peer's certificate, which the context's trust manager accepted. */
    public Optional<String> peerCommonName() {
        return peerCommonName;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (target.hasArray()) {
            int count = input.read(target.array(), target.arrayOffset() + target.position(), target.remaining());
            if (count > 0) {
                target.position(target.position() + count);
            }
            return count;
        }
        int count = input.read(readStaging, 0, Math.min(readStaging.length, target.remaining()));
        if (count > 0) {
            target.put(readStaging, 0, count);
        }
        return count;
    }

    @Override
    public void write(ByteBuffer[] sources, int count) throws IOException {
        int filled = 0;
        for (int i = 0; i < count; i++) {
            ByteBuffer source = sources[i];
            while (source.hasRemaining()) {
                int part = Math.min(source.remaining(), STAGING_BYTES - filled);
                source.get(writeStaging, filled, part);
                filled += part;
                if (filled == STAGING_BYTES) {
                    output.write(writeStaging, 0, filled);
                    filled = 0;
                }
            }
        }
        if (filled > 0) {
            output.write(writeStaging, 0, filled);
        }
    }

    @Override
    public boolean prefersDirectBuffers() {
        return false;
    }

    @Override
    public SocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public void close() {
        try {
            // The TLS socket is left out on purpose: its close waits for a writer that the peer keeps blocked.
            socket.close();
        } catch (IOException e) {
            log.debug("closing the connection to {}", remote, e);
        }
    }

    private static Optional<String> commonName(Principal subject) {
        try {
            for (Rdn rdn : new LdapName(subject.getName()).getRdns()) {
                if (rdn.getType().equalsIgnoreCase("CN") && rdn.getValue() instanceof String name) {
                    return Optional.of(name);
                }
            }
        } catch (InvalidNameException e) {
            log.warn("certificate subject {} cannot be read", subject, e);
        }
        return Optional.empty();
    }
}
