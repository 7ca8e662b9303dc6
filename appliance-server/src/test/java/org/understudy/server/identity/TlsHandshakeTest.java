package org.understudy.server.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.server.kernel.HostId;

/** Real handshakes on the loopback interface. */
class TlsHandshakeTest {

    private static final int TIMEOUT_MILLIS = 10_000;

    @TempDir
    Path directory;

    @TempDir
    Path elsewhere;

    private final HostId host = HostId.random();
    private final Map<Path, LocalIdentity> opened = new HashMap<>();

    private LocalIdentity identity() {
        return identity(directory);
    }

    private LocalIdentity foreign() {
        return identity(elsewhere);
    }

    private LocalIdentity identity(Path path) {
        return opened.computeIfAbsent(
                path, p -> LocalIdentity.open(p, new IdentitySettings(List.of()), Clock.systemUTC()));
    }

    @Test
    void anAgentOfThisApplianceIsLetInAndSeesLeafAndAuthority() throws Exception {
        Handshake handshake = shake(client(identity(), identity()), "TLSv1.3");

        assertThat(handshake.clientName()).isEqualTo("CN=" + host);
        assertThat(handshake.protocol()).isEqualTo("TLSv1.3");
        assertThat(handshake.serverChain()).hasSize(2).endsWith(identity().authority());
    }

    @Test
    void anAgentOfAnotherApplianceIsRefused() throws Exception {
        assertThat(shake(client(foreign(), identity()), "TLSv1.3").serverFailure())
                .isInstanceOf(SSLException.class);
    }

    @Test
    void anAgentRefusesAnotherAppliance() throws Exception {
        assertThat(shake(client(identity(), foreign()), "TLSv1.3").clientFailure())
                .isInstanceOf(SSLException.class);
    }

    @Test
    void theServersOwnCertificateIsNoClientCertificate() throws Exception {
        assertThat(shake(identity().serverContext(), "TLSv1.3").serverFailure()).isInstanceOf(SSLException.class);
    }

    @Test
    void olderProtocolsAreRefused() throws Exception {
        assertThat(shake(client(identity(), identity()), "TLSv1.2").serverFailure())
                .isInstanceOf(SSLException.class);
    }

    @Test
    void everythingMadeFromTheContextSpeaksOnlyTheNewestProtocol() throws IOException {
        SSLContext context = identity().serverContext();

        assertThat(context.createSSLEngine().getEnabledProtocols()).containsExactly("TLSv1.3");
        assertThat(context.createSSLEngine("localhost", 1).getEnabledProtocols())
                .containsExactly("TLSv1.3");
        assertThat(context.getDefaultSSLParameters().getProtocols()).containsExactly("TLSv1.3");
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket();
                SSLServerSocket server = (SSLServerSocket)
                        context.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(socket.getEnabledProtocols()).containsExactly("TLSv1.3");
            assertThat(server.getEnabledProtocols()).containsExactly("TLSv1.3");
        }
    }

    /** What both sides saw; a failure is null where there was none. */
    private record Handshake(
            @Nullable IOException clientFailure,
            @Nullable Throwable serverFailure,
            String clientName,
            String protocol,
            List<Certificate> serverChain) {}

    private Handshake shake(SSLContext client, String protocol) throws Exception {
        try (SSLServerSocket listener = (SSLServerSocket) identity()
                .serverContext()
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(TIMEOUT_MILLIS);
            listener.setNeedClientAuth(true);
            // Told before the socket is closed, because closing waits for the other side.
            CompletableFuture<String> served = new CompletableFuture<>();
            Thread server = new Thread(() -> serve(listener, served), "tls-server");
            server.start();
            Handshake handshake;
            try (SSLSocket socket = (SSLSocket)
                    client.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), listener.getLocalPort())) {
                handshake = shake(socket, protocol, served);
            }
            server.join();
            return handshake;
        }
    }

    private static Handshake shake(SSLSocket socket, String protocol, CompletableFuture<String> served)
            throws Exception {
        IOException clientFailure = null;
        String agreed = "";
        List<Certificate> chain = List.of();
        try {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setProtocols(new String[] {protocol});
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            agreed = socket.getSession().getProtocol();
            chain = List.of(socket.getSession().getPeerCertificates());
        } catch (IOException e) {
            clientFailure = e;
        }
        try {
            return new Handshake(clientFailure, null, served.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS), agreed, chain);
        } catch (ExecutionException e) {
            return new Handshake(clientFailure, e.getCause(), "", agreed, chain);
        }
    }

    private static void serve(SSLServerSocket listener, CompletableFuture<String> served) {
        try (SSLSocket socket = (SSLSocket) listener.accept()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.startHandshake();
            served.complete(socket.getSession().getPeerPrincipal().getName());
        } catch (IOException e) {
            served.completeExceptionally(e);
        }
    }

    private SSLContext client(LocalIdentity issuer, LocalIdentity trusted)
            throws GeneralSecurityException, IOException {
        KeyPair pair = CertificateAuthority.newKeyPair();
        X509Certificate certificate = issuer.issueAgentCertificate(host, pair.getPublic());
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("ca", trusted.authority());
        TrustManagerFactory trustManagers = TrustManagerFactory.getInstance("PKIX");
        trustManagers.init(trust);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                new KeyManager[] {new Insistent(pair.getPrivate(), certificate)},
                trustManagers.getTrustManagers(),
                null);
        return context;
    }

    /** Presents its certificate also to a server that names other authorities. */
    private static final class Insistent extends X509ExtendedKeyManager {

        private final PrivateKey key;
        private final X509Certificate certificate;

        Insistent(PrivateKey key, X509Certificate certificate) {
            this.key = key;
            this.certificate = certificate;
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {"agent"};
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
            return "agent";
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            throw new UnsupportedOperationException("a client only");
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {certificate};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }
    }
}
