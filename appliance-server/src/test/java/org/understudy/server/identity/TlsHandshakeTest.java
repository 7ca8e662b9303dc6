package org.understudy.server.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

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
import java.util.concurrent.CompletionException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
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
    void anAgentOfAnotherApplianceIsRefused() {
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> shake(client(foreign(), identity()), "TLSv1.3"))
                .withCauseInstanceOf(SSLException.class);
    }

    @Test
    void anAgentRefusesAnotherAppliance() {
        assertThatExceptionOfType(SSLException.class).isThrownBy(() -> shake(client(identity(), foreign()), "TLSv1.3"));
    }

    @Test
    void theServersOwnCertificateIsNoClientCertificate() {
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> shake(identity().serverContext(), "TLSv1.3"))
                .withCauseInstanceOf(SSLException.class);
    }

    @Test
    void olderProtocolsAreRefused() {
        assertThatExceptionOfType(SSLException.class)
                .isThrownBy(() -> shake(client(identity(), identity()), "TLSv1.2"));
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

    private record Handshake(String clientName, String protocol, List<Certificate> serverChain) {}

    private Handshake shake(SSLContext client, String protocol) throws IOException {
        try (SSLServerSocket listener = (SSLServerSocket) identity()
                .serverContext()
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(TIMEOUT_MILLIS);
            listener.setNeedClientAuth(true);
            CompletableFuture<String> served = CompletableFuture.supplyAsync(() -> serve(listener));
            try (SSLSocket socket = (SSLSocket)
                    client.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), listener.getLocalPort())) {
                socket.setSoTimeout(TIMEOUT_MILLIS);
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setProtocols(new String[] {protocol});
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                String clientName = served.join();
                return new Handshake(
                        clientName,
                        socket.getSession().getProtocol(),
                        List.of(socket.getSession().getPeerCertificates()));
            }
        }
    }

    private static String serve(SSLServerSocket listener) {
        try (SSLSocket socket = (SSLSocket) listener.accept()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.startHandshake();
            return socket.getSession().getPeerPrincipal().getName();
        } catch (IOException e) {
            throw new CompletionException(e);
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
