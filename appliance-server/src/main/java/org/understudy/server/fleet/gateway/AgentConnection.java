package org.understudy.server.fleet.gateway;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.PingMessage;
import org.springframework.web.socket.TextMessage;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.server.fleet.port.AgentPeer;
import org.understudy.server.kernel.HostId;

/**
 * One connection of an agent: {@code WAITING} for its Hello, then {@code OPEN}, then {@code ENDED}. Frames come from one thread
 * at a time; everything else may be called from any thread. Holds no lock while it sends or calls others.
 */
final class AgentConnection {

    private static final Logger log = LoggerFactory.getLogger(AgentConnection.class);

    enum State {
        WAITING,
        OPEN,
        ENDED
    }

    /** What the connection tells the one that keeps all connections. */
    interface Owner {

        /** The agent said Hello and speaks our version. */
        void opened(AgentConnection connection, AgentMessage.Hello hello);

        void progressed(AgentConnection connection, AgentMessage.Progress progress);

        /** The connection is over; called once. */
        void ended(AgentConnection connection, boolean wasOpen, String reason);
    }

    private final AgentPeer peer;
    private final String hostName;
    private final String address;
    private final Outbox outbox;
    private final Conversation conversation;
    private final Owner owner;
    private final Clock clock;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private final MessageRate rate = new MessageRate();
    private final StringBuilder frame = new StringBuilder();
    private volatile long lastHeardNanos = System.nanoTime();
    private volatile Instant lastHeard;

    AgentConnection(
            AgentPeer peer,
            String hostName,
            String address,
            Outbox outbox,
            Conversation conversation,
            Owner owner,
            Clock clock) {
        this.peer = peer;
        this.hostName = hostName;
        this.address = address;
        this.outbox = outbox;
        this.conversation = conversation;
        this.owner = owner;
        this.clock = clock;
        this.lastHeard = clock.instant();
    }

    HostId host() {
        return peer.host();
    }

    AgentPeer peer() {
        return peer;
    }

    String address() {
        return address;
    }

    boolean isOpen() {
        return state.get() == State.OPEN;
    }

    boolean isWaiting() {
        return state.get() == State.WAITING;
    }

    Instant lastHeard() {
        return lastHeard;
    }

    Duration silence() {
        return Duration.ofNanos(System.nanoTime() - lastHeardNanos);
    }

    /** Any sign of life. */
    void heard() {
        lastHeardNanos = System.nanoTime();
        lastHeard = clock.instant();
    }

    /** Takes a piece of a text frame; {@code last} if the frame is complete with it. */
    void receive(CharSequence piece, boolean last) {
        heard();
        if (state.get() == State.ENDED) {
            return;
        }
        if (frame.length() + piece.length() > ProtocolCodec.MAX_FRAME_CHARS) {
            violated(Bounds.violation("a frame of more than " + ProtocolCodec.MAX_FRAME_CHARS + " characters")
                    .problem());
            return;
        }
        frame.append(piece);
        if (!last) {
            return;
        }
        String text = frame.toString();
        frame.setLength(0);
        try {
            if (!rate.take()) {
                throw Bounds.violation("more messages than an agent needs to send");
            }
            process(text);
        } catch (ProblemException e) {
            violated(e.problem());
        }
    }

    private void process(String text) {
        switch (ProtocolCodec.readAgentMessage(text)) {
            case ProtocolCodec.Unknown<AgentMessage> unknown -> {
                if (isWaiting()) {
                    throw Bounds.violation("the first message is not hello");
                }
                String type = MessageCheck.oneLine(unknown.messageType(), 64);
                log.info("The agent of {} sent a message of the unknown type {}", hostName, type);
                send(new ServerMessage.Unsupported(type));
            }
            case ProtocolCodec.Known<AgentMessage> known -> {
                MessageCheck.check(known.message());
                handle(known.message());
            }
        }
    }

    private void handle(AgentMessage message) {
        if (isWaiting() != message instanceof AgentMessage.Hello) {
            throw Bounds.violation(isWaiting() ? "the first message is not hello" : "a second hello");
        }
        switch (message) {
            case AgentMessage.Hello hello -> greet(hello);
            case AgentMessage.HostDescription answer -> conversation.answered(answer.request(), answer, null);
            case AgentMessage.RunBegun answer -> conversation.answered(answer.request(), answer, answer.run());
            case AgentMessage.TransferFinished answer -> conversation.answered(answer.request(), answer, answer.run());
            case AgentMessage.RunEnded answer -> conversation.answered(answer.request(), answer, answer.run());
            case AgentMessage.Upgraded answer -> conversation.answered(answer.request(), answer, null);
            case AgentMessage.Failed answer -> conversation.answered(answer.request(), answer, answer.run());
            case AgentMessage.Unsupported answer -> unsupported(answer);
            case AgentMessage.Progress progress -> {
                conversation.heardOf(progress.run());
                owner.progressed(this, progress);
            }
        }
    }

    private void unsupported(AgentMessage.Unsupported answer) {
        log.warn("The agent of {} does not know messages of the type {}", hostName, answer.messageType());
        Long request = answer.request();
        if (request != null) {
            conversation.answered(request, answer, null);
        }
    }

    private void greet(AgentMessage.Hello hello) {
        int newest = Math.min(hello.protocolMax(), ProtocolCodec.PROTOCOL_MAX);
        if (hello.protocolMin() > hello.protocolMax()
                || newest < Math.max(hello.protocolMin(), ProtocolCodec.PROTOCOL_MIN)) {
            refuse(Problem.of(
                    ProblemCode.PROTOCOL_VERSION,
                    "agent",
                    hello.protocolMin() + "-" + hello.protocolMax(),
                    "appliance",
                    ProtocolCodec.PROTOCOL_MIN + "-" + ProtocolCodec.PROTOCOL_MAX));
            return;
        }
        owner.opened(this, hello);
    }

    /** Makes the connection usable: from now on requests may be sent. False if it has ended meanwhile. */
    boolean open(ServerMessage.Welcome welcome) {
        // Queued before the state changes, so that nothing overtakes it.
        send(welcome);
        return state.compareAndSet(State.WAITING, State.OPEN);
    }

    <T extends AgentMessage> CompletableFuture<T> ask(
            LongFunction<ServerMessage> request, Class<T> answer, Duration silenceLimit) {
        Conversation.Asked<T> asked = conversation.ask(request, answer, silenceLimit);
        send(asked.message());
        return asked.answer();
    }

    void send(ServerMessage message) {
        if (!outbox.send(new TextMessage(ProtocolCodec.write(message)))) {
            end("the agent takes messages too slowly", CloseStatus.SESSION_NOT_RELIABLE);
        }
    }

    void ping() {
        if (!outbox.send(new PingMessage())) {
            end("the agent takes messages too slowly", CloseStatus.SESSION_NOT_RELIABLE);
        }
    }

    /** Ends a connection whose peer broke the protocol, and tells it why. */
    void violated(Problem problem) {
        Problem shown = new Problem(problem.code(), cleaned(problem.values()), null);
        log.warn("Connection of {} ({}): {}", hostName, address, shown.english());
        refuse(shown);
    }

    /** Tells the agent why it is not accepted, and closes. */
    void refuse(Problem problem) {
        String reason = problem.code() + " " + problem.values();
        if (over(reason)) {
            outbox.send(
                    new TextMessage(ProtocolCodec.write(new ServerMessage.Refused(problem.code(), problem.values()))));
            outbox.close(CloseStatus.PROTOCOL_ERROR);
        }
    }

    /** Ends the connection without a word of the protocol. Idempotent. */
    void end(String reason, CloseStatus status) {
        if (over(reason)) {
            outbox.abort(status);
        }
    }

    /** The transport is closed already. Idempotent. */
    void closed(String reason) {
        if (over(reason)) {
            outbox.abort(CloseStatus.NORMAL);
        }
    }

    private boolean over(String reason) {
        State before = state.getAndSet(State.ENDED);
        if (before == State.ENDED) {
            return false;
        }
        conversation.end(Problem.of(ProblemCode.AGENT_CONNECTION_LOST, "host", hostName));
        owner.ended(this, before == State.OPEN, reason);
        return true;
    }

    private static Map<String, String> cleaned(Map<String, @Nullable String> values) {
        Map<String, String> clean = new java.util.HashMap<>();
        values.forEach((name, value) -> clean.put(name, MessageCheck.oneLine(value, 300)));
        return clean;
    }
}
