package org.understudy.agent.connection;

import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.run.RunLoop;
import org.understudy.agent.upgrade.PackageUpgrade;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.core.protocol.ServerMessage;

/**
 * One control connection from handshake to its end. The thread that calls {@link #run} waits; frames come on threads of the HTTP
 * client.
 */
final class ControlSession implements WebSocket.Listener {

    static final String PATH = "/agent/v1/ws";

    private static final Logger log = LoggerFactory.getLogger(ControlSession.class);
    private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(30);
    private static final int MISSED_PINGS = 3;

    private final RunLoop runs;
    private final PackageUpgrade upgrade;
    private final Runnable welcomed;
    private final CompletableFuture<ServerMessage> greeting = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final StringBuilder partial = new StringBuilder();
    private volatile long lastHeard = System.nanoTime();
    private volatile @Nullable FrameSender sender;

    /**
     * @param runs gets the messages of the appliance
     * @param upgrade gets those about the agent's own package
     * @param welcomed called when the appliance accepted the connection
     */
    ControlSession(RunLoop runs, PackageUpgrade upgrade, Runnable welcomed) {
        this.runs = runs;
        this.upgrade = upgrade;
        this.welcomed = welcomed;
    }

    /**
     * Connects, greets, and serves the connection until it ends.
     *
     * @throws ProblemException why it ended or could not be made
     */
    void run(HttpClient client, ServerAddress server, AgentMessage.Hello hello) throws InterruptedException {
        WebSocket socket = null;
        try {
            socket = client.newWebSocketBuilder()
                    .connectTimeout(HANDSHAKE_LIMIT)
                    .buildAsync(server.uri("wss", PATH), this)
                    .get();
            FrameSender frames = new FrameSender(socket, ended::completeExceptionally);
            sender = frames;
            frames.send(hello);
            socket.request(1);
            serve(welcome(server));
        } catch (ExecutionException e) {
            throw TransportProblems.explain(e, server).asException(e);
        } finally {
            if (socket != null) {
                socket.abort();
            }
        }
    }

    private ServerMessage.Welcome welcome(ServerAddress server) throws InterruptedException, ExecutionException {
        try {
            // Whichever comes first: a greeting, or the end of the connection.
            CompletableFuture.anyOf(greeting, ended).get(HANDSHAKE_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw Problem.of(ProblemCode.APPLIANCE_UNREACHABLE, "server", server.toString())
                    .withDetails("no greeting within " + HANDSHAKE_LIMIT.toSeconds() + " s")
                    .asException(e);
        }
        ServerMessage first = greeting.getNow(null);
        if (first instanceof ServerMessage.Refused refused) {
            throw new RefusedException(new Problem(refused.code(), refused.values(), null));
        }
        if (first instanceof ServerMessage.Welcome accepted) {
            boolean known = accepted.protocol() >= ProtocolCodec.PROTOCOL_MIN
                    && accepted.protocol() <= ProtocolCodec.PROTOCOL_MAX;
            if (!known || accepted.pingSeconds() < 1) {
                throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "greeting " + accepted)
                        .asException();
            }
            return accepted;
        }
        throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "no greeting")
                .asException();
    }

    /** Waits for the end; an appliance that is not heard for three pings is gone. */
    private void serve(ServerMessage.Welcome welcome) throws InterruptedException, ExecutionException {
        welcomed.run();
        long limit = TimeUnit.SECONDS.toNanos((long) welcome.pingSeconds() * MISSED_PINGS);
        long wait = limit;
        while (wait > 0) {
            try {
                ended.get(wait, TimeUnit.NANOSECONDS);
                return;
            } catch (TimeoutException e) {
                wait = lastHeard + limit - System.nanoTime();
            }
        }
        throw Problem.of(ProblemCode.AGENT_CONNECTION_LOST, "host", welcome.hostId())
                .withDetails("nothing was heard from the appliance for " + TimeUnit.NANOSECONDS.toSeconds(limit) + " s")
                .asException();
    }

    /** The appliance refused the connection in its own words. */
    static final class RefusedException extends ProblemException {
        private static final long serialVersionUID = 1;

        RefusedException(Problem problem) {
            super(problem);
        }
    }

    @Override
    public void onOpen(WebSocket socket) {
        lastHeard = System.nanoTime();
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        lastHeard = System.nanoTime();
        try {
            if (partial.length() + data.length() > ProtocolCodec.MAX_FRAME_CHARS) {
                throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "a frame without end")
                        .asException();
            }
            partial.append(data);
            if (last) {
                String frame = partial.toString();
                partial.setLength(0);
                receive(frame);
            }
            socket.request(1);
        } catch (RuntimeException e) {
            ended.completeExceptionally(e);
        }
        return null;
    }

    private void receive(String frame) {
        log.trace("received {}", frame);
        ProtocolCodec.Frame<ServerMessage> read = ProtocolCodec.readServerMessage(frame);
        FrameSender answers = sender;
        if (answers == null) {
            throw new IllegalStateException("a frame came before it was asked for");
        }
        if (read instanceof ProtocolCodec.Known<ServerMessage> known) {
            if (!greeting.isDone()) {
                greeting.complete(known.message());
            } else if (known.message() instanceof ServerMessage.UpgradeAgent request) {
                upgrade.handle(request, answers);
            } else {
                runs.handle(known.message(), answers);
            }
        } else if (read instanceof ProtocolCodec.Unknown<ServerMessage> unknown) {
            answers.send(new AgentMessage.Unsupported(unknown.request().orElse(null), unknown.messageType()));
        }
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket socket, java.nio.ByteBuffer message) {
        lastHeard = System.nanoTime();
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket socket, java.nio.ByteBuffer message) {
        lastHeard = System.nanoTime();
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, java.nio.ByteBuffer data, boolean last) {
        ended.completeExceptionally(Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "a binary frame")
                .asException());
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
        log.debug("the appliance closes the connection: {} {}", status, reason);
        ended.complete(null);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        ended.completeExceptionally(error);
    }
}
