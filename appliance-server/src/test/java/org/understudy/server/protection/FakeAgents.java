package org.understudy.server.protection;

import static org.awaitility.Awaitility.await;

import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.fleet.DigestTransfers;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;

/** The gateway with agents behind it that work in this process, and fail when told to. */
final class FakeAgents implements AgentGateway {

    /** How an agent can fail; a transfer has then written half of the first disk. */
    enum Fault {
        /** Answers with a problem that will not pass. */
        PROBLEM(ProblemCode.DISK_READ_FAILED),
        /** Answers that a LUN did not take a write. */
        IO_ERROR(ProblemCode.ISCSI_IO_FAILED),
        CONNECTION_LOST(ProblemCode.AGENT_CONNECTION_LOST),
        SILENCE(ProblemCode.AGENT_TIMEOUT);

        private final ProblemCode code;

        Fault(ProblemCode code) {
            this.code = code;
        }

        ProblemCode code() {
            return code;
        }
    }

    private final FakeFleet fleet;
    private final Executor threads = Executors.newCachedThreadPool(runnable -> {
        Thread thread = new Thread(runnable, "fake-agent");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicInteger acting = new AtomicInteger();
    private final AtomicLong numbers = new AtomicLong();
    private final Map<HostId, FakeAgent> agents = new ConcurrentHashMap<>();
    private final Set<HostId> connected = ConcurrentHashMap.newKeySet();
    private final Map<String, Fault> faults = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<Void>> gates = new ConcurrentHashMap<>();
    private final Map<HostId, List<Consumer<AgentMessage.Progress>>> listeners = new HashMap<>();
    private final List<ServerMessage> heard = new CopyOnWriteArrayList<>();
    private final Map<String, CompletableFuture<?>> pending = new ConcurrentHashMap<>();
    private volatile boolean losingDigests;
    private volatile DigestTransfers digests = new NoDigests();

    /** Before an appliance is there. */
    private static final class NoDigests implements DigestTransfers {
        @Override
        public void receive(HostId host, RunId run, String disk, InputStream body, long contentLength) {
            throw Problem.of(ProblemCode.RUN_UNKNOWN, "run", run.toString()).asException();
        }

        @Override
        public void receiveChanges(HostId host, RunId run, String disk, InputStream body, long contentLength) {
            throw Problem.of(ProblemCode.RUN_UNKNOWN, "run", run.toString()).asException();
        }

        @Override
        public InputStream baseDigests(HostId host, PointId point, String disk) {
            throw Problem.of(ProblemCode.POINT_NOT_FOUND, "point", point.toString())
                    .asException();
        }
    }

    /** Takes digests and forgets them. */
    private record Deaf(DigestTransfers others) implements DigestTransfers {
        @Override
        public void receive(HostId host, RunId run, String disk, InputStream body, long contentLength) {
            // Lost on the way.
        }

        @Override
        public void receiveChanges(HostId host, RunId run, String disk, InputStream body, long contentLength) {
            // Lost on the way.
        }

        @Override
        public InputStream baseDigests(HostId host, PointId point, String disk) {
            return others.baseDigests(host, point, disk);
        }
    }

    FakeAgents(FakeFleet fleet) {
        this.fleet = fleet;
    }

    void add(HostId host, FakeAgent agent) {
        agents.put(host, agent);
        connected.add(host);
    }

    FakeAgent agent(HostId host) {
        return Objects.requireNonNull(agents.get(host));
    }

    void connect(HostId host) {
        connected.add(host);
    }

    void disconnect(HostId host) {
        connected.remove(host);
        agent(host).dropRuns();
    }

    /** The appliance that agents talk to from now on; every agent has lost its connection to the one before. */
    void reconnectTo(DigestTransfers appliance) {
        await().atMost(Appliance.PATIENCE).until(() -> acting.get() == 0);
        digests = appliance;
        agents.forEach((host, agent) -> {
            agent.dropRuns();
            connected.add(host);
        });
    }

    /** The next message of this type fails so. */
    void failNext(String messageType, Fault fault) {
        faults.put(messageType, fault);
    }

    /** Messages of this type are not acted on before {@link #letGo}. */
    void hold(String messageType) {
        gates.put(messageType, new CompletableFuture<>());
    }

    void letGo(String messageType) {
        CompletableFuture<Void> gate = gates.remove(messageType);
        if (gate != null) {
            gate.complete(null);
        }
    }

    /** Whether digests are sent nowhere. */
    void losingDigests(boolean losing) {
        losingDigests = losing;
    }

    List<ServerMessage> heard() {
        return List.copyOf(heard);
    }

    <T extends ServerMessage> List<T> heard(Class<T> type) {
        return heard.stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Override
    public boolean connected(HostId host) {
        return connected.contains(host);
    }

    @Override
    public <T extends AgentMessage> CompletableFuture<T> request(
            HostId host, LongFunction<ServerMessage> request, Class<T> answer, Duration silenceLimit) {
        ServerMessage message = request.apply(numbers.incrementAndGet());
        if (!connected(host)) {
            return CompletableFuture.failedFuture(Problem.of(ProblemCode.AGENT_OFFLINE, "host", host.toString())
                    .asException());
        }
        heard.add(message);
        String type = message.getClass().getSimpleName();
        CompletableFuture<T> result = new CompletableFuture<>();
        pending.put(type, result);
        CompletableFuture<Void> gate = gates.getOrDefault(type, CompletableFuture.completedFuture(null));
        CompletableFuture<Void> acted = gate.thenRunAsync(
                        () -> {
                            if (!result.isDone()) {
                                result.complete(answer.cast(act(host, message, type)));
                            }
                        },
                        threads)
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
                        result.completeExceptionally(cause);
                    }
                });
        pending.put(type + " acted", acted);
        return result;
    }

    private AgentMessage act(HostId host, ServerMessage message, String type) {
        acting.incrementAndGet();
        try {
            return actNow(host, message, type);
        } finally {
            acting.decrementAndGet();
        }
    }

    private AgentMessage actNow(HostId host, ServerMessage message, String type) {
        FakeAgent agent = agent(host);
        Fault fault = faults.remove(type);
        if (fault != null) {
            if (message instanceof ServerMessage.Transfer transfer) {
                agent.transfer(transfer, digests, true, progress -> {});
            }
            throw broken(host, fault);
        }
        if (message instanceof ServerMessage.BeginRun begin) {
            return new AgentMessage.RunBegun(begin.request(), begin.run(), agent.begin(begin));
        }
        if (message instanceof ServerMessage.Transfer transfer) {
            return new AgentMessage.TransferFinished(
                    transfer.request(),
                    transfer.run(),
                    Consistency.FILE_SYSTEM,
                    "",
                    7,
                    agent.transfer(
                            transfer,
                            losingDigests ? new Deaf(digests) : digests,
                            false,
                            progress -> tell(host, progress)));
        }
        if (message instanceof ServerMessage.EndRun end) {
            agent.end(end);
            return new AgentMessage.RunEnded(end.request(), end.run());
        }
        throw new AssertionError("the server asked for " + message);
    }

    private ProblemException broken(HostId host, Fault fault) {
        if (fault == Fault.CONNECTION_LOST) {
            disconnect(host);
        } else if (fault == Fault.PROBLEM || fault == Fault.IO_ERROR) {
            // "The agent has released whatever the run held."
            agent(host).dropRuns();
        }
        return Problem.of(fault.code(), "host", host.toString(), "what", "test", "disk", "sda", "offset", "0")
                .asException();
    }

    private void tell(HostId host, AgentMessage.Progress progress) {
        List<Consumer<AgentMessage.Progress>> hearing;
        synchronized (listeners) {
            hearing = List.copyOf(listeners.getOrDefault(host, List.of()));
        }
        hearing.forEach(listener -> listener.accept(progress));
    }

    @Override
    public void tell(HostId host, ServerMessage message) {
        if (!connected(host)) {
            return;
        }
        heard.add(message);
        if (message instanceof ServerMessage.CancelRun) {
            CompletableFuture<?> transfer = pending.get("Transfer");
            if (transfer != null) {
                transfer.completeExceptionally(
                        Problem.of(ProblemCode.CANCELLED, "what", "transfer").asException());
            }
        }
    }

    @Override
    public AutoCloseable onProgress(HostId host, Consumer<AgentMessage.Progress> listener) {
        synchronized (listeners) {
            listeners.computeIfAbsent(host, id -> new ArrayList<>()).add(listener);
        }
        return () -> {
            synchronized (listeners) {
                listeners.get(host).remove(listener);
            }
        };
    }

    int listeners(HostId host) {
        synchronized (listeners) {
            return listeners.getOrDefault(host, List.of()).size();
        }
    }

    @Override
    public CompletableFuture<HostFacts> refreshFacts(HostId host) {
        Fault fault = faults.remove("DescribeHost");
        if (fault != null) {
            return CompletableFuture.failedFuture(broken(host, fault));
        }
        HostFacts facts = agent(host).facts();
        fleet.facts(host, facts);
        return CompletableFuture.completedFuture(facts);
    }
}
