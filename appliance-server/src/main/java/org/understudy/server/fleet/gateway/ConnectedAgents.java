package org.understudy.server.fleet.gateway;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.WebSocketSession;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.fleet.FleetSettings;
import org.understudy.server.fleet.hosts.HostRegister;
import org.understudy.server.fleet.hosts.LiveAgents;
import org.understudy.server.fleet.port.AgentPeer;
import org.understudy.server.fleet.port.Refusals;
import org.understudy.server.kernel.HostId;

/** All connections of agents, at most one open one for each host: a newer one replaces the older. Thread-safe. */
@Component
public class ConnectedAgents implements AgentGateway, LiveAgents, AgentConnection.Owner, SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(ConnectedAgents.class);
    private static final Duration FACTS_LIMIT = Duration.ofSeconds(60);
    private static final int MISSED_PINGS = 3;
    /** Before the web server, which would otherwise wait for connections that are meant to last. */
    private static final int PHASE = Integer.MAX_VALUE - 512;

    private final FleetSettings settings;
    private final HostRegister register;
    private final Refusals refusals;
    private final ApplicationEventPublisher events;
    private final Clock clock;
    private final GatewayThreads threads;
    private final Map<HostId, AgentConnection> open = new ConcurrentHashMap<>();
    private final Map<HostId, AgentConnection> waiting = new ConcurrentHashMap<>();
    private final Map<HostId, Set<Consumer<AgentMessage.Progress>>> listeners = new ConcurrentHashMap<>();
    private volatile boolean running;
    // Not the opposite of running: the web server listens a moment before this is started.
    private volatile boolean stopping;

    public ConnectedAgents(
            FleetSettings settings,
            HostRegister register,
            Refusals refusals,
            ApplicationEventPublisher events,
            Clock clock,
            GatewayThreads threads) {
        this.settings = settings;
        this.register = register;
        this.refusals = refusals;
        this.events = events;
        this.clock = clock;
        this.threads = threads;
    }

    /** Takes a new connection of a host whose certificate was accepted. */
    AgentConnection accept(AgentPeer peer, String address, WebSocketSession session) {
        String name = register.nameOf(peer.host());
        AgentConnection connection = new AgentConnection(
                peer,
                name,
                address,
                new Outbox(session, name),
                new Conversation(name, threads.workers(), threads.timer()),
                this,
                clock);
        // One at a time may wait for its Hello: a host cannot pile up connections.
        AgentConnection earlier = waiting.put(peer.host(), connection);
        if (earlier != null) {
            earlier.end("a newer connection replaced it", CloseStatus.POLICY_VIOLATION);
        }
        threads.after(settings.helloLimit(), () -> {
            if (connection.isWaiting()) {
                connection.violated(Bounds.violation(
                                "no hello within " + settings.helloLimit().toSeconds() + " s")
                        .problem());
            }
        });
        if (stopping) {
            connection.end("the appliance is being shut down", CloseStatus.GOING_AWAY);
        }
        return connection;
    }

    @Override
    public void opened(AgentConnection connection, AgentMessage.Hello hello) {
        HostId host = connection.host();
        Optional<Problem> refusal = register.refusal(host, connection.peer().serial());
        if (refusal.isPresent()) {
            refusals.refuse(connection.address(), refusal.get());
            connection.refuse(refusal.get());
            return;
        }
        register.connected(host, hello.agentVersion());
        AgentConnection earlier = open.put(host, connection);
        if (earlier != null) {
            earlier.end("a newer connection replaced it", CloseStatus.POLICY_VIOLATION);
        }
        int pingSeconds = (int) settings.pingInterval().toSeconds();
        if (!connection.open(new ServerMessage.Welcome(ProtocolCodec.PROTOCOL_MAX, host.toString(), pingSeconds))) {
            open.remove(host, connection);
            return;
        }
        waiting.remove(host, connection);
        log.info("The agent of {} connected from {}", register.nameOf(host), connection.address());
        threads.inOrder(() -> events.publishEvent(new FleetEvents.AgentConnected(host)));
        // The host may have been removed between the look and now.
        register.refusal(host, connection.peer().serial())
                .ifPresent(problem -> connection.end("the host was removed", CloseStatus.POLICY_VIOLATION));
        threads.after(settings.pingInterval(), () -> beat(connection));
        var unused = refreshFacts(host).whenComplete((facts, failure) -> {
            if (failure != null) {
                log.info("The agent of {} did not describe its host: {}", host, failure.getMessage());
            }
        });
    }

    private void beat(AgentConnection connection) {
        if (!connection.isOpen()) {
            return;
        }
        Duration limit = settings.pingInterval().multipliedBy(MISSED_PINGS);
        if (connection.silence().compareTo(limit) >= 0) {
            connection.end("no sign of life for " + limit.toSeconds() + " s", CloseStatus.SESSION_NOT_RELIABLE);
            return;
        }
        connection.ping();
        threads.workers().execute(() -> register.heard(connection.host(), connection.lastHeard()));
        threads.after(settings.pingInterval(), () -> beat(connection));
    }

    @Override
    public void progressed(AgentConnection connection, AgentMessage.Progress progress) {
        for (Consumer<AgentMessage.Progress> listener : listeners.getOrDefault(connection.host(), Set.of())) {
            try {
                listener.accept(progress);
            } catch (RuntimeException e) {
                log.error("A listener of the progress of host {} failed", connection.host(), e);
            }
        }
    }

    @Override
    public void ended(AgentConnection connection, boolean wasOpen, String reason) {
        HostId host = connection.host();
        waiting.remove(host, connection);
        open.remove(host, connection);
        if (!wasOpen) {
            log.debug("A connection of host {} ended before it was open: {}", host, reason);
            return;
        }
        threads.inOrder(() -> {
            register.heard(host, connection.lastHeard());
            log.info("The agent of {} is no longer connected: {}", register.nameOf(host), reason);
            events.publishEvent(new FleetEvents.AgentDisconnected(host, reason));
        });
    }

    @Override
    public boolean connected(HostId host) {
        return openConnection(host).isPresent();
    }

    private Optional<AgentConnection> openConnection(HostId host) {
        return Optional.ofNullable(open.get(host)).filter(AgentConnection::isOpen);
    }

    @Override
    public <T extends AgentMessage> CompletableFuture<T> request(
            HostId host, LongFunction<ServerMessage> request, Class<T> answer, Duration silenceLimit) {
        Optional<AgentConnection> connection = openConnection(host);
        return connection.isPresent()
                ? connection.get().ask(request, answer, silenceLimit)
                : CompletableFuture.failedFuture(Problem.of(ProblemCode.AGENT_OFFLINE, "host", register.nameOf(host))
                        .asException());
    }

    @Override
    public void tell(HostId host, ServerMessage message) {
        openConnection(host).ifPresent(connection -> connection.send(message));
    }

    @Override
    public AutoCloseable onProgress(HostId host, Consumer<AgentMessage.Progress> listener) {
        listeners.computeIfAbsent(host, id -> new CopyOnWriteArraySet<>()).add(listener);
        return () -> listeners.computeIfPresent(host, (id, all) -> {
            all.remove(listener);
            return all.isEmpty() ? null : all;
        });
    }

    @Override
    public CompletableFuture<HostFacts> refreshFacts(HostId host) {
        return request(host, ServerMessage.DescribeHost::new, AgentMessage.HostDescription.class, FACTS_LIMIT)
                .thenApplyAsync(
                        description -> {
                            register.reported(host, description.facts());
                            return description.facts();
                        },
                        threads.workers());
    }

    @Override
    public Optional<Instant> lastHeard(HostId host) {
        return openConnection(host).map(AgentConnection::lastHeard);
    }

    @Override
    public void drop(HostId host, String reason) {
        for (Map<HostId, AgentConnection> connections : java.util.List.of(waiting, open)) {
            AgentConnection connection = connections.get(host);
            if (connection != null) {
                connection.end(reason, CloseStatus.POLICY_VIOLATION);
            }
        }
    }

    @Override
    public void start() {
        stopping = false;
        running = true;
    }

    @Override
    public void stop() {
        stopping = true;
        running = false;
        for (Map<HostId, AgentConnection> connections : java.util.List.of(waiting, open)) {
            connections
                    .values()
                    .forEach(connection -> connection.end("the appliance is being shut down", CloseStatus.GOING_AWAY));
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
