package org.understudy.demo.system;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.core.protocol.ServerMessage;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * An agent that speaks the protocol by hand: it answers questions for facts and leaves everything else to the test. Into every
 * message it puts fields that name a time, as an agent would that wants to forge history.
 */
final class HandmadeAgent implements WebSocket.Listener, AutoCloseable {

    private static final String FORGED_TIME = "2001-02-03T04:05:06Z";
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final JsonMapper JSON = JsonMapper.shared();

    private final BlockingQueue<ServerMessage> heard = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final StringBuilder partial = new StringBuilder();
    private final HostFacts facts;
    private final HttpClient http;
    private final int port;
    private final WebSocket socket;

    HandmadeAgent(SSLContext tls, int port, HostFacts facts) throws InterruptedException {
        this.facts = facts;
        this.port = port;
        http = HttpClient.newBuilder()
                .sslContext(tls)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
        socket = http.newWebSocketBuilder()
                .buildAsync(URI.create("wss://127.0.0.1:" + port + "/agent/v1/ws"), this)
                .join();
        say(new AgentMessage.Hello(1, 1, "0.0.0", "none", "handmade", Set.of()));
        expect(ServerMessage.Welcome.class);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            var frame = ProtocolCodec.readServerMessage(partial.toString());
            partial.setLength(0);
            if (frame instanceof ProtocolCodec.Known<ServerMessage> known) {
                hear(from, known.message());
            }
        }
        from.request(1);
        return null;
    }

    private void hear(WebSocket from, ServerMessage message) {
        if (message instanceof ServerMessage.DescribeHost describe) {
            var unused = from.sendText(forged(new AgentMessage.HostDescription(describe.request(), facts)), true);
        } else {
            heard.add(message);
        }
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int status, String reason) {
        closed.complete(status);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        closed.complete(-1);
    }

    private static String forged(AgentMessage message) {
        ObjectNode node = (ObjectNode) JSON.readTree(ProtocolCodec.write(message));
        for (String name : new String[] {"takenAt", "time", "at", "timestamp", "enteredAt", "lockedUntil", "point"}) {
            node.put(name, FORGED_TIME);
        }
        return node.toString();
    }

    void say(AgentMessage message) {
        say(forged(message));
    }

    void say(String frame) {
        socket.sendText(frame, true).join();
    }

    <T extends ServerMessage> T expect(Class<T> type) throws InterruptedException {
        ServerMessage message = heard.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        if (!type.isInstance(message)) {
            throw new AssertionError("expected " + type.getSimpleName() + ", heard " + message);
        }
        return type.cast(message);
    }

    /** Status with which the appliance closed the connection; -1 if it just ended. */
    int awaitClosed() {
        return closed.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** Uploads a digest file; returns the answer's status. */
    int upload(String run, String disk, Path digests) throws IOException, InterruptedException {
        URI where = URI.create("https://127.0.0.1:" + port + "/agent/v1/runs/" + run + "/disks/" + disk + "/digests");
        HttpRequest request = HttpRequest.newBuilder(where)
                .header("Content-Type", "application/octet-stream")
                .PUT(HttpRequest.BodyPublishers.ofFile(digests))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    @Override
    public void close() {
        socket.abort();
    }
}
