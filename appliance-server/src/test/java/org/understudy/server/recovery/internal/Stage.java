package org.understudy.server.recovery.internal;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.understudy.server.hypervisor.FakeHypervisor;
import org.understudy.server.hypervisor.Hypervisor;
import org.understudy.server.hypervisor.MachineStatus;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.RecoverySettings;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeovers;
import org.understudy.server.storage.VolumeStore;
import org.understudy.server.storage.memory.InMemoryVolumeStore;

/**
 * The world around the module: pool, hypervisor, database and points outlive the server, which can be killed at any call that it
 * makes and started again.
 */
final class Stage implements AutoCloseable {

    /** The server is dead. Not an exception of the product: nothing in it may catch this. */
    @SuppressWarnings("serial")
    static final class Killed extends Error {
        Killed() {
            super("killed", null, false, false);
        }
    }

    /** When a call is heard. */
    enum Moment {
        BEFORE,
        AFTER
    }

    final FakeHypervisor hypervisor = new FakeHypervisor();
    final InMemoryTakeoverBook book = new InMemoryTakeoverBook();
    final FakeRecoveryPoints points = new FakeRecoveryPoints();
    final InMemoryVolumeStore pool;
    final List<RecoveryEvents> events = new CopyOnWriteArrayList<>();
    final HostId host = HostId.random();
    final PointId point = PointId.random();
    final Path directory;
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    RecoverySettings settings = new RecoverySettings(
            Duration.ofMillis(2),
            Duration.ofSeconds(20),
            Duration.ofMillis(500),
            Duration.ofSeconds(5),
            Duration.ofMillis(50),
            Duration.ofMillis(5),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            25,
            16);

    /** Hears every call of the server to a port or to the book and may throw. */
    volatile BiConsumer<Moment, String> listener = (moment, call) -> {};

    private Server server;

    Stage(Path directory) {
        this.directory = directory;
        this.pool = new InMemoryVolumeStore(directory.resolve("pool"));
        addPoint(host, point);
        this.server = new Server();
        server.lifecycle.start();
    }

    void addPoint(HostId of, PointId at) {
        pool.createVolume(new DiskId(of, 0), new ByteSize(1 << 20));
        pool.snapshot(of, at, Map.of());
        points.add(TestFacts.manifest(of, at, TestFacts.debian()));
    }

    /** One process of the server: its proxies stop working when it is killed. */
    final class Server {

        private volatile boolean dead;
        final TakeoverDirector director;
        final TakeoverLifecycle lifecycle;

        Server() {
            TakeoverBook ownBook = hooked(TakeoverBook.class, book, "book");
            RecoveryMetrics metrics = new RecoveryMetrics(meters);
            Backstage backstage = new Backstage(
                    ownBook,
                    new TakeoverLog(
                            ownBook,
                            event -> {
                                if (event instanceof RecoveryEvents recovery) {
                                    events.add(recovery);
                                }
                            },
                            Clock.systemUTC(),
                            metrics),
                    hooked(VolumeStore.class, pool, "store"),
                    hooked(Hypervisor.class, hypervisor, "hypervisor"),
                    hooked(RecoveryPoints.class, points, "points"),
                    new Screenshots(directory.resolve("takeovers")),
                    settings,
                    metrics);
            director = new TakeoverDirector(backstage, Clock.systemUTC());
            lifecycle = new TakeoverLifecycle(director, backstage);
        }

        private <T> T hooked(Class<T> port, T target, String name) {
            return port.cast(Proxy.newProxyInstance(
                    port.getClassLoader(), new Class<?>[] {port}, (proxy, method, arguments) -> {
                        String call = name + "." + method.getName();
                        hear(Moment.BEFORE, call);
                        try {
                            Object answer = method.invoke(target, arguments);
                            hear(Moment.AFTER, call);
                            return answer;
                        } catch (InvocationTargetException e) {
                            throw e.getCause() == null ? e : e.getCause();
                        }
                    }));
        }

        private void hear(Moment moment, String call) {
            if (dead) {
                throw new Killed();
            }
            try {
                listener.accept(moment, call);
            } catch (Killed e) {
                dead = true;
                throw e;
            }
        }
    }

    Takeovers takeovers() {
        return server.director;
    }

    TakeoverDirector director() {
        return server.director;
    }

    boolean isDead() {
        return server.dead;
    }

    /** Ends the server as kill -9 would, if it lives, and starts another. */
    void restart() {
        server.dead = true;
        server.director.end();
        listener = (moment, call) -> {};
        server = new Server();
        server.lifecycle.start();
    }

    /** Ends the server in order and starts another. */
    void restartInOrder() {
        server.lifecycle.stop();
        server = new Server();
        server.lifecycle.start();
    }

    static Takeovers.Request request(PointId point, Takeover.Mode mode, Takeover.Probe... probes) {
        return new Takeovers.Request(
                point,
                mode,
                OptionalInt.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(probes),
                false);
    }

    Takeover takeover(TakeoverId id) {
        return book.find(id).orElseThrow();
    }

    Takeover.State state(TakeoverId id) {
        return takeover(id).state();
    }

    boolean machineExists(TakeoverId id) {
        return hypervisor.machine(MachinePlan.machine(id)).isPresent();
    }

    boolean machineRuns(TakeoverId id) {
        return hypervisor
                .machine(MachinePlan.machine(id))
                .filter(status -> status.state() == MachineStatus.State.RUNNING)
                .isPresent();
    }

    boolean cloneExists(TakeoverId id) {
        return pool.clones().stream()
                .anyMatch(clone -> MachinePlan.takeoverOf(clone.id()).equals(Optional.of(id)));
    }

    /** A web server in the place of the guest's. */
    static com.sun.net.httpserver.HttpServer webServer(String body, int status) {
        try {
            var web = com.sun.net.httpserver.HttpServer.create(
                    new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 10);
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            web.createContext("/", exchange -> {
                exchange.sendResponseHeaders(status, bytes.length);
                try (var out = exchange.getResponseBody()) {
                    out.write(bytes);
                }
            });
            web.start();
            return web;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.lifecycle.stop();
    }
}
