package org.understudy.server.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.event.EventListener;
import org.springframework.context.support.GenericApplicationContext;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.OwnHost;
import org.understudy.server.database.TestDatabase;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.Listener;
import org.understudy.server.kernel.ListeningPorts;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;

/**
 * A server with the fleet module alone, on real ports with real TLS and a real database. Shared by the tests of one JVM; pings
 * go every second so that dead peers are found soon.
 */
final class FleetServer {

    private static final FleetServer SHARED = new FleetServer();

    final TestIdentity identity;
    final MovableClock clock = new MovableClock();
    final Events events = new Events();
    final Digests digests = new Digests();
    final Runs runs = new Runs();
    final ConfigurableApplicationContext application;
    final Path data;

    private FleetServer() {
        try {
            data = Files.createTempDirectory("fleet-server-");
            identity = new TestIdentity(Files.createTempDirectory("fleet-identity-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        application = new SpringApplicationBuilder(FleetOnly.class)
                .properties(TestDatabase.fresh().properties())
                .properties(
                        "understudy.data=" + data,
                        "understudy.web.port=0",
                        "understudy.web.listen=127.0.0.1",
                        "understudy.fleet.port=0",
                        "understudy.fleet.listen=127.0.0.1",
                        "understudy.fleet.ping-interval=1s",
                        "understudy.fleet.hello-limit=1s",
                        "understudy.fleet.digest-file-limit=1MB",
                        "understudy.fleet.runs-on-request=3",
                        "springdoc.api-docs.enabled=false")
                .initializers(context -> {
                    GenericApplicationContext beans = (GenericApplicationContext) context;
                    beans.registerBean("testIdentity", ApplianceIdentity.class, () -> identity, FleetServer::first);
                    beans.registerBean("testClock", Clock.class, () -> clock, FleetServer::first);
                    beans.registerBean("testEvents", Events.class, () -> events);
                    beans.registerBean("testDigests", DigestTransfers.class, () -> digests);
                    beans.registerBean("testRuns", HostRuns.class, () -> runs);
                })
                .run();
    }

    private static void first(BeanDefinition definition) {
        definition.setPrimary(true);
    }

    static FleetServer shared() {
        return SHARED;
    }

    int agentPort() {
        return port(Listener.AGENT);
    }

    int consolePort() {
        return port(Listener.CONSOLE);
    }

    private int port(Listener listener) {
        return application.getBean(ListeningPorts.class).port(listener).orElseThrow();
    }

    Fleet fleet() {
        return application.getBean(Fleet.class);
    }

    AgentGateway gateway() {
        return application.getBean(AgentGateway.class);
    }

    String newToken() {
        return fleet().issueToken(Duration.ofHours(1), "tester").token();
    }

    /** What was published, in order. */
    static final class Events {

        private final List<FleetEvents> all = new CopyOnWriteArrayList<>();

        @EventListener
        void on(FleetEvents event) {
            all.add(event);
        }

        <T extends FleetEvents> List<T> of(Class<T> type) {
            return all.stream().filter(type::isInstance).map(type::cast).toList();
        }

        List<FleetEvents> about(HostId host) {
            return all.stream()
                    .filter(event -> switch (event) {
                        case FleetEvents.HostEnrolled e -> e.host().equals(host);
                        case FleetEvents.AgentConnected e -> e.host().equals(host);
                        case FleetEvents.AgentDisconnected e -> e.host().equals(host);
                        case FleetEvents.HostRetired e -> e.host().equals(host);
                        case FleetEvents.PeerRefused e -> false;
                    })
                    .toList();
        }
    }

    /** Keeps digest files in memory; runs and points belong to the host that is noted for them. */
    static final class Digests implements DigestTransfers {

        final Map<RunId, HostId> runs = new ConcurrentHashMap<>();
        final Map<PointId, HostId> points = new ConcurrentHashMap<>();
        final Map<String, byte[]> files = new ConcurrentHashMap<>();

        @Override
        public void receive(HostId host, RunId run, String disk, InputStream body, long contentLength) {
            check(host, runs.get(run), ProblemCode.RUN_UNKNOWN);
            try {
                files.put(run + "/" + disk, body.readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void receiveChanges(HostId host, RunId run, String disk, InputStream body, long contentLength) {
            receive(host, run, disk + "/changes", body, contentLength);
        }

        @Override
        public InputStream baseDigests(HostId host, PointId point, String disk) {
            check(host, points.get(point), ProblemCode.POINT_NOT_FOUND);
            byte[] file = files.get(point + "/" + disk);
            assertThat(file).isNotNull();
            return new java.io.ByteArrayInputStream(file);
        }

        private static void check(HostId host, @org.jspecify.annotations.Nullable HostId owner, ProblemCode unknown) {
            if (owner == null) {
                throw Problem.of(unknown, "run", "?", "point", "?").asException();
            }
            if (!owner.equals(host)) {
                throw Problem.of(ProblemCode.FOREIGN_HOST, "host", host.toString())
                        .asException();
            }
        }
    }

    /** Runs that never do anything; a host that is busy refuses a new one. */
    static final class Runs implements HostRuns {

        final Map<RunId, HostId> runs = new ConcurrentHashMap<>();
        final Set<HostId> busy = ConcurrentHashMap.newKeySet();

        @Override
        public RunId start(HostId host) {
            if (busy.contains(host)) {
                throw Problem.of(ProblemCode.RUN_IN_PROGRESS, "host", host.toString())
                        .asException();
            }
            RunId run = RunId.random();
            runs.put(run, host);
            return run;
        }

        @Override
        public OwnHost.Run run(HostId host, RunId run) {
            Digests.check(host, runs.get(run), ProblemCode.RUN_UNKNOWN);
            return new OwnHost.Run(
                    run.toString(), "REQUESTED", false, null, 0, 0, 0, 0, "2026-11-20T12:00:00Z", null, Map.of(), null);
        }

        @Override
        public Optional<OwnHost.Run> newest(HostId host) {
            return runs.entrySet().stream()
                    .filter(run -> run.getValue().equals(host))
                    .map(run -> run(host, run.getKey()))
                    .findFirst();
        }
    }

    /** Not annotated as a configuration, so that no other test finds it by scanning. */
    @EnableAutoConfiguration
    @ComponentScan({
        "org.understudy.server.kernel",
        "org.understudy.server.database",
        "org.understudy.server.scheduling",
        "org.understudy.server.fleet"
    })
    @ConfigurationPropertiesScan({
        "org.understudy.server.kernel",
        "org.understudy.server.database",
        "org.understudy.server.scheduling",
        "org.understudy.server.fleet"
    })
    static class FleetOnly {}
}
