package org.understudy.server.fleet;

import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Enrolment;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.server.kernel.HostId;

/** An agent as the tests want it: speaks the protocol by hand over the JDK's HTTP client, and breaks it where told. */
final class TestAgent {

    private final FleetServer server;
    final String machineId;
    final KeyPair key = TestIdentity.newKey();
    private @Nullable HostId host;
    private @Nullable X509Certificate certificate;

    TestAgent(FleetServer server, String machineId) {
        this.server = server;
        this.machineId = machineId;
    }

    /** An agent that is enrolled. */
    static TestAgent enrolled(FleetServer server, String machineId) {
        TestAgent agent = new TestAgent(server, machineId);
        HttpResponse<String> response = agent.enrol(server.newToken());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.body());
        }
        return agent;
    }

    HostId host() {
        if (host == null) {
            throw new IllegalStateException("not enrolled");
        }
        return host;
    }

    /** Presents any certificate of this agent's key from now on. */
    void present(@Nullable X509Certificate other) {
        certificate = other;
    }

    HttpResponse<String> enrol(String token) {
        return enrol(request(token, proof(token)));
    }

    Enrolment.Request request(String token, String proof) {
        String publicKey = Base64.getEncoder().encodeToString(key.getPublic().getEncoded());
        return new Enrolment.Request(token, machineId + ".example", machineId, publicKey, proof);
    }

    String proof(String text) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(key.getPrivate());
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    HttpResponse<String> enrol(Enrolment.Request request) {
        HttpResponse<String> response = post(ProtocolCodec.write(request));
        if (response.statusCode() == 200) {
            Enrolment.Response joined = ProtocolCodec.readDocument(response.body(), Enrolment.Response.class);
            host = HostId.parse(joined.hostId());
            try {
                certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(joined.certificate().getBytes(StandardCharsets.US_ASCII)));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
        return response;
    }

    HttpResponse<String> post(String body) {
        return send(to(server.agentPort(), Enrolment.PATH)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    HttpRequest.Builder to(int port, String path) {
        return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(20));
    }

    SSLContext tls() {
        return server.identity.clientContext(certificate == null ? null : key.getPrivate(), certificate);
    }

    HttpResponse<String> send(HttpRequest request) {
        try (HttpClient client = client()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    HttpClient client() {
        return HttpClient.newBuilder()
                .sslContext(tls())
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    /** Opens the control connection and says nothing yet. */
    Line dial() {
        Line line = new Line();
        line.socket = client().newWebSocketBuilder()
                .buildAsync(URI.create("wss://127.0.0.1:" + server.agentPort() + "/agent/v1/ws"), line)
                .join();
        return line;
    }

    /** Opens the control connection, says Hello, takes Welcome and answers the question for facts that follows. */
    Line connect() {
        Line line = dial();
        line.say(hello(1, 1));
        line.expect(ServerMessage.Welcome.class);
        ServerMessage.DescribeHost describe = line.expect(ServerMessage.DescribeHost.class);
        line.say(new AgentMessage.HostDescription(describe.request(), facts("disk-a", "disk-b")));
        await().until(() -> server.fleet().host(host()).orElseThrow().facts().isPresent());
        return line;
    }

    static AgentMessage.Hello hello(int min, int max) {
        return new AgentMessage.Hello(min, max, "1.2.3", "Debian", "a-host", Set.of("digest"));
    }

    HostFacts facts(String... diskKeys) {
        List<HostFacts.Disk> disks = java.util.stream.Stream.of(diskKeys)
                .map(name -> new HostFacts.Disk(name, "/dev/" + name, null, null, 1L << 30, 512, "gpt", List.of()))
                .toList();
        return new HostFacts(
                "a-host",
                machineId,
                "Debian 13",
                "6.12",
                1L << 32,
                4,
                HostFacts.Firmware.UEFI,
                disks,
                List.of(new HostFacts.NetworkInterface(
                        "eth0", "52:54:00:12:34:56", List.of("192.0.2.7/24"), "virtio_net")),
                HostFacts.BootFacts.unknown());
    }

    /** One control connection. */
    static final class Line implements WebSocket.Listener {

        private final BlockingQueue<ServerMessage> heard = new LinkedBlockingQueue<>();
        private final StringBuilder partial = new StringBuilder();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private @Nullable WebSocket socket;

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            partial.append(data);
            if (last) {
                if (ProtocolCodec.readServerMessage(partial.toString())
                        instanceof ProtocolCodec.Known<ServerMessage> known) {
                    heard.add(known.message());
                }
                partial.setLength(0);
            }
            webSocket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int statusCode, String reason) {
            closed.complete(statusCode);
            return null;
        }

        @Override
        public void onError(WebSocket webSocket, Throwable error) {
            closed.complete(-1);
        }

        void say(AgentMessage message) {
            raw(ProtocolCodec.write(message));
        }

        void raw(String text) {
            socket().sendText(text, true).join();
        }

        WebSocket socket() {
            if (socket == null) {
                throw new IllegalStateException("not connected");
            }
            return socket;
        }

        <T extends ServerMessage> T expect(Class<T> type) {
            try {
                ServerMessage message = heard.poll(5, TimeUnit.SECONDS);
                if (!type.isInstance(message)) {
                    throw new AssertionError("expected " + type.getSimpleName() + ", heard " + message);
                }
                return type.cast(message);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        int awaitClosed() {
            return closed.orTimeout(10, TimeUnit.SECONDS).join();
        }

        void hangUp() {
            socket().abort();
        }
    }
}
