package org.understudy.iscsi.pdu;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.security.Principal;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS 1.3 with certificates on both sides, over a plain socket that can be cut without the TLS closing ceremony. Records are
 * gathered, so that seven of them cost one system call, which {@code SSLSocket} does not do. They are kept in arrays: the JDK encrypts
 * those three times as fast as memory outside of the heap. Source: RFC 8446; {@link SSLEngine}.
 */
public final class TlsTransport implements Transport {

    private static final Logger log = LoggerFactory.getLogger(TlsTransport.class);
    private static final int RECORDS_TOGETHER = 7;
    private static final ByteBuffer[] NOTHING = {ByteBuffer.allocate(0)};
    /** Java prefers 256 bits; 128 are as safe for a connection and faster, which is what bounds the data path. */
    private static final String[] CIPHER_SUITES = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
    };

    private final Socket socket;
    private final InputStream input;
    private final OutputStream output;
    private final SocketAddress remote;
    private final SSLEngine engine;
    private final int recordBytes;

    /** Records that came and were not yet opened; ready to be read from. Used by the reader. */
    private final ByteBuffer received;
    /** What was in a record and had no room in the reader's buffer; ready to be read from. Used by the reader. */
    private final ByteBuffer opened;

    private final ReentrantLock sending = new ReentrantLock();
    /** Records on their way out; ready to be written to. Guarded by {@link #sending}. */
    private final ByteBuffer sealed;

    private TlsTransport(Socket socket, SSLEngine engine) throws IOException {
        this.socket = socket;
        this.input = socket.getInputStream();
        this.output = socket.getOutputStream();
        this.remote = socket.getRemoteSocketAddress();
        this.engine = engine;
        int packet = engine.getSession().getPacketBufferSize();
        this.recordBytes = engine.getSession().getApplicationBufferSize();
        this.received = ByteBuffer.allocate(RECORDS_TOGETHER * packet).flip();
        this.opened = ByteBuffer.allocate(recordBytes).flip();
        this.sealed = ByteBuffer.allocate(RECORDS_TOGETHER * packet);
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
        SSLEngine engine = context.createSSLEngine(socket.getInetAddress().getHostAddress(), socket.getPort());
        engine.setUseClientMode(client);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        parameters.setCipherSuites(CIPHER_SUITES);
        if (!client) {
            parameters.setNeedClientAuth(true);
        }
        engine.setSSLParameters(parameters);
        TlsTransport transport = new TlsTransport(socket, engine);
        transport.shakeHands();
        return transport;
    }

    private void shakeHands() throws IOException {
        engine.beginHandshake();
        try {
            while (true) {
                switch (engine.getHandshakeStatus()) {
                    case NEED_WRAP -> sendHandshake();
                    case NEED_TASK -> runTasks();
                    case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                        opened.clear();
                        boolean more = open(opened);
                        opened.flip();
                        if (!more) {
                            throw new EOFException("connection closed inside the TLS handshake");
                        }
                    }
                    case FINISHED, NOT_HANDSHAKING -> {
                        return;
                    }
                }
            }
        } catch (SSLException e) {
            tellWhy(e);
            throw e;
        }
    }

    /** The engine has an alert for the peer when it has refused something. */
    private void tellWhy(SSLException failure) {
        try {
            sendHandshake();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Subject common name of the peer's certificate, which the context's trust manager accepted. */
    public Optional<String> peerCommonName() throws IOException {
        return commonName(engine.getSession().getPeerPrincipal());
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int start = target.position();
        while (target.hasRemaining()) {
            if (opened.hasRemaining()) {
                int part = Math.min(opened.remaining(), target.remaining());
                target.put(target.position(), opened, opened.position(), part);
                target.position(target.position() + part);
                opened.position(opened.position() + part);
            } else if (target.position() > start && !hasRecord()) {
                break;
            } else if (!openNext(target)) {
                return target.position() > start ? target.position() - start : -1;
            }
        }
        return target.position() - start;
    }

    @Override
    public long read(ByteBuffer first, ByteBuffer second) throws IOException {
        int count = read(first);
        if (first.hasRemaining() || !opened.hasRemaining() && !hasRecord()) {
            return count;
        }
        // The end of the stream, if it is there, shows again at the next call.
        return count + Math.max(0, read(second));
    }

    /** Opens a record into the reader's buffer, or aside if it may not fit. */
    private boolean openNext(ByteBuffer target) throws IOException {
        try {
            if (target.remaining() >= recordBytes) {
                return open(target);
            }
            opened.clear();
            try {
                return open(opened);
            } finally {
                opened.flip();
            }
        } catch (SSLException e) {
            tellWhy(e);
            throw e;
        }
    }

    /** A whole record is at hand; its length is in its header (RFC 8446 section 5.1). */
    private boolean hasRecord() {
        int header = 5;
        return received.remaining() >= header
                && received.remaining() >= header + (received.getShort(received.position() + 3) & 0xffff);
    }

    /**
     * Opens one record and does what it asks for. Blocks until it is there.
     *
     * @return false at the end of the stream
     */
    private boolean open(ByteBuffer target) throws IOException {
        while (true) {
            SSLEngineResult result = engine.unwrap(received, target);
            if (result.getStatus() == Status.CLOSED) {
                return false;
            }
            if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                throw new IOException("a TLS record is longer than TLS allows");
            }
            if (result.getStatus() == Status.OK) {
                if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                    runTasks();
                }
                drainHandshake();
                return true;
            }
            if (!receive()) {
                return false;
            }
        }
    }

    private boolean receive() throws IOException {
        received.compact();
        try {
            int count =
                    input.read(received.array(), received.arrayOffset() + received.position(), received.remaining());
            if (count < 0) {
                return false;
            }
            received.position(received.position() + count);
            return true;
        } finally {
            received.flip();
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    @Override
    public void write(ByteBuffer[] sources, int count) throws IOException {
        sending.lock();
        try {
            int first = 0;
            while (first < count) {
                if (sources[first].hasRemaining()) {
                    seal(sources, first, count - first);
                } else {
                    first++;
                }
            }
            send();
        } finally {
            sending.unlock();
        }
        drainHandshake();
    }

    /** Answers what the peer's handshake messages ask for, unless another thread is sending, which then does it when it is done. */
    private void drainHandshake() throws IOException {
        while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && sending.tryLock()) {
            try {
                sendHandshake();
            } finally {
                sending.unlock();
            }
        }
    }

    private void sendHandshake() throws IOException {
        sending.lock();
        try {
            while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && seal(NOTHING, 0, 1)) {
                continue;
            }
            send();
        } finally {
            sending.unlock();
        }
    }

    /** Seals one record. Returns false if the engine is closed. */
    private boolean seal(ByteBuffer[] sources, int first, int count) throws IOException {
        SSLEngineResult result = engine.wrap(sources, first, count, sealed);
        if (result.getStatus() == Status.BUFFER_OVERFLOW) {
            send();
            result = engine.wrap(sources, first, count, sealed);
        }
        if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
            runTasks();
        }
        boolean open = result.getStatus() != Status.CLOSED;
        if (!open && sources[first].hasRemaining()) {
            throw new SSLException("the TLS connection is closed");
        }
        return open;
    }

    private void send() throws IOException {
        if (sealed.position() > 0) {
            output.write(sealed.array(), sealed.arrayOffset(), sealed.position());
            sealed.clear();
        }
    }

    /** Half of the socket's buffer: the kernel counts its own overhead in it, and says twice what it gives (socket(7)). */
    @Override
    public int receiveRoom() throws IOException {
        return socket.getReceiveBufferSize() / 2;
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
