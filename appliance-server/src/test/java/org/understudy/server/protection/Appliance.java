package org.understudy.server.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationListener;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.data.repository.Repository;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;
import org.understudy.core.problem.Problem;
import org.understudy.server.exports.BlockExporter;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.fleet.DigestTransfers;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun.Trigger;
import org.understudy.server.protection.internal.ProtectionSettings;
import org.understudy.server.scheduling.ScheduledTask;
import org.understudy.server.scheduling.Scheduler;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;
import org.understudy.server.storage.memory.InMemoryVolumeStore;

/**
 * The protection module as Spring wires it, between fakes of its surroundings and a real database. It can be stopped, killed and
 * started again; pool, exporter, agents, fleet, schedules and database stay.
 */
final class Appliance implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(20);

    final TestClock clock = new TestClock();
    final FakeFleet fleet = new FakeFleet();
    final FakeExporter exporter = new FakeExporter();
    final FakeAgents agents = new FakeAgents(fleet);
    final FakeScheduler scheduler = new FakeScheduler();
    final InMemoryVolumeStore store;
    final Random random;
    final List<Object> events = new CopyOnWriteArrayList<>();
    final List<String> violations = new CopyOnWriteArrayList<>();
    private final Map<String, Problem> failuresAfter = new ConcurrentHashMap<>();
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    private final ProtectionSettings settings;
    private Lifeline lifeline = new Lifeline(null);
    private AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();

    Appliance(Path pool) {
        this(pool, settings(4, 2));
    }

    Appliance(Path pool, ProtectionSettings settings) {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        random = new Random(seed);
        try {
            Files.createDirectories(pool);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        store = new InMemoryVolumeStore(pool);
        this.settings = settings;
        ProtectionDatabase.empty();
    }

    static ProtectionSettings settings(int runsAtOnce, int retries) {
        return new ProtectionSettings(
                runsAtOnce,
                retries,
                Duration.ofSeconds(15),
                Duration.ofSeconds(60),
                Duration.ofSeconds(60),
                Duration.ofSeconds(2),
                Duration.ofMillis(100),
                5,
                Duration.ofSeconds(15));
    }

    Appliance start() {
        return start(null);
    }

    /** @param death where this process is to die */
    Appliance start(Lifeline.@Nullable Death death) {
        lifeline = new Lifeline(death);
        meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        context = new AnnotationConfigApplicationContext();
        context.setParent(ProtectionDatabase.context());
        ConfigurableListableBeanFactory beans = context.getBeanFactory();
        beans.registerSingleton("clock", (Clock) clock);
        beans.registerSingleton("meters", meters);
        beans.registerSingleton("settings", settings);
        beans.registerSingleton("fleet", lifeline.through(Fleet.class, fleet));
        beans.registerSingleton("gateway", lifeline.through(AgentGateway.class, agents));
        beans.registerSingleton("scheduler", lifeline.through(Scheduler.class, scheduler));
        beans.registerSingleton("exporter", lifeline.through(BlockExporter.class, exporter));
        beans.registerSingleton("store", lifeline.through(VolumeStore.class, checked()));
        registerDatabase(beans);
        context.addApplicationListener(
                (ApplicationListener<PayloadApplicationEvent<?>>) event -> events.add(event.getPayload()));
        context.scan("org.understudy.server.protection.internal");
        context.refresh();
        agents.reconnectTo(context.getBean(DigestTransfers.class));
        return this;
    }

    /** The pool, watched for calls that its contract forbids. */
    private VolumeStore checked() {
        return (VolumeStore) java.lang.reflect.Proxy.newProxyInstance(
                VolumeStore.class.getClassLoader(), new Class<?>[] {VolumeStore.class}, (self, method, arguments) -> {
                    if (method.getName().equals("rollback")) {
                        Path head = store.volumes((HostId) arguments[0]).isEmpty()
                                ? Path.of("none")
                                : store.headDevice(store.volumes((HostId) arguments[0])
                                        .get(0)
                                        .disk());
                        if (exporter.activeOn(head)) {
                            violations.add("rolled back while exported");
                        }
                    }
                    try {
                        Object result = method.invoke(store, arguments);
                        Problem late = failuresAfter.remove(method.getName());
                        if (late != null && method.getName().equals("snapshot") && arguments.length < 3) {
                            failuresAfter.put(method.getName(), late);
                        } else if (late != null) {
                            throw late.asException();
                        }
                        return result;
                    } catch (java.lang.reflect.InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @SuppressWarnings({"rawtypes", "unchecked"})
    private void registerDatabase(ConfigurableListableBeanFactory beans) {
        var parent = ProtectionDatabase.context();
        parent.getBeansOfType(Repository.class).forEach((name, repository) -> {
            Class type = java.util.Arrays.stream(repository.getClass().getInterfaces())
                    .filter(candidate -> candidate.getName().startsWith("org.understudy"))
                    .findFirst()
                    .orElseThrow();
            beans.registerSingleton(name, lifeline.through(type, repository));
        });
        beans.registerSingleton(
                "transactionTemplate",
                lifeline.through(TransactionOperations.class, parent.getBean(TransactionTemplate.class)));
    }

    Lifeline lifeline() {
        return lifeline;
    }

    <T> T get(Class<T> type) {
        return context.getBean(type);
    }

    BackupRuns runs() {
        return get(BackupRuns.class);
    }

    RecoveryPoints points() {
        return get(RecoveryPoints.class);
    }

    Policies policies() {
        return get(Policies.class);
    }

    ScheduledTask task(String kind) {
        return context.getBeansOfType(ScheduledTask.class).values().stream()
                .filter(task -> task.kind().equals(kind))
                .findFirst()
                .orElseThrow();
    }

    void publish(Object event) {
        context.publishEvent(event);
    }

    void onEvent(Consumer<Object> listener) {
        context.addApplicationListener(
                (ApplicationListener<PayloadApplicationEvent<?>>) event -> listener.accept(event.getPayload()));
    }

    /** Acts once, on the thread that publishes. */
    void onEvent(Predicate<Object> wanted, Runnable action) {
        AtomicBoolean done = new AtomicBoolean();
        onEvent(event -> {
            if (wanted.test(event) && done.compareAndSet(false, true)) {
                action.run();
            }
        });
    }

    /** The next call of the pool's method takes effect and then fails all the same. */
    void failAfter(String method, Problem problem) {
        failuresAfter.put(method, problem);
    }

    /** An orderly stop. */
    void stop() {
        try {
            context.close();
        } catch (Lifeline.Killed e) {
            // A dead process has nothing to stop.
        }
    }

    /** As kill -9: whatever still executes has no effect; agents lose their connections. */
    void kill() {
        lifeline.kill();
    }

    @Override
    public void close() {
        stop();
        assertThat(violations).isEmpty();
    }

    /** A host with an agent and disks with random contents. */
    HostId host(String name, int... diskSizes) {
        HostId host = fleet.enrol(name, clock.instant());
        FakeAgent agent = new FakeAgent(host, exporter);
        for (int i = 0; i < diskSizes.length; i++) {
            agent.addDisk("disk-" + (char) ('a' + i), diskSizes[i], random);
        }
        agents.add(host, agent);
        return host;
    }

    FakeAgent agent(HostId host) {
        return agents.agent(host);
    }

    /** Runs to its end. */
    BackupRun backUp(HostId host) {
        return ended(runs().start(host, Trigger.MANUAL));
    }

    BackupRun ended(RunId run) {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> runs().run(run).orElseThrow().state().isFinal());
        return runs().run(run).orElseThrow();
    }

    /** The end of the run or of the process, whichever comes first. */
    void ended(RunId run, Lifeline process) {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> process.died().isDone()
                        || runs().run(run).orElseThrow().state().isFinal());
    }

    /** A run that must make a point, which must equal the host's disks as they are now. */
    RecoveryPoint point(HostId host) {
        BackupRun run = backUp(host);
        assertThat(run.state())
                .as("problem %s", run.problem().map(p -> p.english()).orElse("none"))
                .isEqualTo(BackupRun.State.DONE);
        RecoveryPoint point = points().point(run.point().orElseThrow()).orElseThrow();
        assertEqualsDisks(host, point);
        return point;
    }

    void assertEqualsDisks(HostId host, RecoveryPoint point) {
        for (RecoveryPoint.PointDisk disk : point.disks()) {
            assertThat(stored(host, point.id(), disk.number()))
                    .as("%s of point %s", disk.key(), point.id())
                    .isEqualTo(agent(host).disk(disk.key()));
        }
    }

    byte[] stored(HostId host, PointId point, int disk) {
        return read(store.snapshotDevice(new DiskId(host, disk), point));
    }

    byte[] head(HostId host, int disk) {
        return read(store.headDevice(new DiskId(host, disk)));
    }

    /** Nothing of a run is left: head equals the last point, nothing is exported or held, no view is open. */
    void assertClean(HostId host) {
        assertThat(exporter.active()).as("exports").isEmpty();
        List<VolumeSnapshot> snapshots = store.snapshots(host);
        for (VolumeSnapshot snapshot : snapshots) {
            assertThat(snapshot.holds()).as("holds of %s", snapshot.point()).isEmpty();
        }
        if (!snapshots.isEmpty()) {
            PointId last = snapshots.get(snapshots.size() - 1).point();
            store.volumes(host).stream()
                    .filter(volume -> Files.exists(store.snapshotMeta(host, last)
                            .resolve("disk" + volume.disk().number() + ".digests")))
                    .forEach(volume -> assertThat(head(host, volume.disk().number()))
                            .as("head")
                            .isEqualTo(stored(host, last, volume.disk().number())));
        }
        assertThat(Optional.ofNullable(agent(host).openRun())).as("open view").isEmpty();
        assertThat(agents.listeners(host)).as("progress listeners").isZero();
        assertThat(violations).isEmpty();
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    <T> List<T> events(Class<T> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }
}
