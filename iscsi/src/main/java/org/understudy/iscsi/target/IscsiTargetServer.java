package org.understudy.iscsi.target;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.pdu.BufferPool;

/**
 * An iSCSI target server: portals, targets that come and go while it runs, and the sessions on them. One thread accepts per
 * portal, one reads per connection, a shared pool executes commands, and one watches. Thread-safe.
 */
public final class IscsiTargetServer implements AutoCloseable {

    /** Workers serve connections by turns; a crowd that left should not be remembered for long. */
    private static final long IDLE_WORKER_SECONDS = 10;

    private static final Logger log = LoggerFactory.getLogger(IscsiTargetServer.class);
    private static final long WATCH_INTERVAL_MILLIS = 250;

    private final TargetServerConfig config;
    private final BufferPool buffers;
    private final ExecutorService workers;
    private final ScheduledExecutorService watchdog;
    private final ConcurrentMap<String, ExportedTarget> targets = new ConcurrentHashMap<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger tsihs = new AtomicInteger();
    private final AtomicInteger connectionNumbers = new AtomicInteger();
    private final Clock clock = Clock.systemUTC();
    private final ServerContext context = new Context();
    private final Refusals refusals;
    private @Nullable Portal plain;
    private @Nullable Portal tls;
    private volatile boolean closed;

    private IscsiTargetServer(TargetServerConfig config) {
        this.config = config;
        this.refusals = new Refusals(config.loginListener(), clock);
        this.buffers = new BufferPool(config.limits().totalBufferBytes());
        this.workers = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                IDLE_WORKER_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                daemons("iscsi-worker-"));
        this.watchdog = Executors.newSingleThreadScheduledExecutor(daemons("iscsi-watchdog-"));
    }

    /**
     * Binds the portals and starts to accept. Logins succeed once a target was added.
     *
     * @throws IOException if an address cannot be bound
     */
    public static IscsiTargetServer start(TargetServerConfig config) throws IOException {
        IscsiTargetServer server = new IscsiTargetServer(config);
        try {
            server.open();
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private void open() throws IOException {
        if (config.plain() != null) {
            plain = Portal.plain(config.plain(), this::accepted);
        }
        if (config.tls() != null && config.tlsContext() != null) {
            tls = Portal.tls(config.tls(), config.tlsContext(), this::accepted);
        }
        var unused = watchdog.scheduleWithFixedDelay(
                this::watch, WATCH_INTERVAL_MILLIS, WATCH_INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        if (plain != null) {
            plain.start();
        }
        if (tls != null) {
            tls.start();
        }
    }

    private static ThreadFactory daemons(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return work -> {
            Thread thread = new Thread(work, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    private void accepted(Portal.Accepted accepted) {
        Limits limits = config.limits();
        InetAddress host = accepted.remote().getAddress();
        long fromHost = connections.stream()
                .filter(other -> other.remoteHost().equals(host))
                .count();
        if (closed || connections.size() >= limits.maxConnections() || fromHost >= limits.maxConnectionsPerAddress()) {
            accepted.opening().close();
            refusals.refused(
                    accepted.remote(),
                    "",
                    "",
                    RefusedLogin.Reason.TOO_MANY_CONNECTIONS,
                    "closed at once: " + connections.size() + " connections are open, " + fromHost
                            + " of that address");
            return;
        }
        Connection connection = new Connection(context, accepted.opening(), accepted.remote(), accepted.local());
        connections.add(connection);
        Thread thread = new Thread(connection, "iscsi-connection-" + connectionNumbers.incrementAndGet());
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        long now = System.nanoTime();
        for (Connection connection : connections) {
            try {
                connection.watch(now);
            } catch (RuntimeException e) {
                log.error("the watch over {} failed; the connection is closed", connection.remoteAddress(), e);
                connection.close();
            }
        }
    }

    /**
     * Offers a target at once. The server owns its devices from now on.
     *
     * @throws IllegalStateException if a target of that name exists or the server is closed
     */
    public void add(TargetDefinition target) {
        if (closed) {
            throw new IllegalStateException("the target server is closed");
        }
        if (targets.putIfAbsent(target.iqn(), new ExportedTarget(target)) != null) {
            throw new IllegalStateException("target exists: " + target.iqn());
        }
        log.info(
                "target {} is on offer with {} LUNs",
                target.iqn(),
                target.luns().size());
    }

    /**
     * Withdraws a target: no new logins, its sessions are told and ended, commands that were being executed are finished, its
     * devices flushed and closed; then returns. Idempotent.
     *
     * @return false if there was no such target
     */
    public boolean remove(String iqn) {
        ExportedTarget target = targets.remove(iqn.toLowerCase(Locale.ROOT));
        if (target == null) {
            return false;
        }
        target.withdraw();
        log.info("target {} was withdrawn", iqn);
        return true;
    }

    /**
     * Changes a target that is on offer to what {@code target} says; it is found by its name. Other targets notice nothing.
     *
     * <ul>
     *   <li>LUNs: a unit stays what it is if number, device (the same object), serial and removability are equal; its device
     *       reads its size again, and a new size is a unit attention. Other units are new, and old ones that are not named
     *       are gone: initiators hear that the reported LUNs changed; commands of a unit that goes are finished first.
     *   <li>Access lists and principal: sessions that would not get in any more are told and ended.
     *   <li>Credentials hold from the next login on; sessions that are logged in stay.
     *   <li>Limits hold at once.
     * </ul>
     *
     * The server owns the devices of new units from the moment of success, and closes those of units that went.
     *
     * @throws IllegalStateException if there is no such target
     * @throws IOException if a device cannot read its size; everything else was changed
     */
    public void change(TargetDefinition target) throws IOException {
        ExportedTarget present = targets.get(target.iqn());
        if (present == null) {
            throw new IllegalStateException("there is no target " + target.iqn());
        }
        present.change(target, config.limits().stallTimeout());
        log.info("target {} was changed, {} LUNs", target.iqn(), target.luns().size());
    }

    /** Everything that can be counted, at this moment. */
    public ServerStatus status() {
        return new ServerStatus(
                connections.size(), buffers.usedBytes(), buffers.limitBytes(), refusals.counts(), targets());
    }

    /** The definition of a target as it is now; empty if there is none. */
    public Optional<TargetDefinition> definition(String iqn) {
        return Optional.ofNullable(targets.get(iqn.toLowerCase(Locale.ROOT))).map(ExportedTarget::definition);
    }

    /** All targets, sorted by name. */
    public List<TargetStatus> targets() {
        return targets.values().stream()
                .map(ExportedTarget::status)
                .sorted(java.util.Comparator.comparing(TargetStatus::iqn))
                .toList();
    }

    /** Connections open now, logged in or not. */
    public int connections() {
        return connections.size();
    }

    /** Bytes of data buffers in use now; never more than {@link Limits#totalBufferBytes}. */
    public long bufferBytes() {
        return buffers.usedBytes();
    }

    /**
     * Port of the plain portal.
     *
     * @throws IllegalStateException if there is none
     */
    public int plainPort() {
        return port(plain);
    }

    /**
     * Port of the TLS portal.
     *
     * @throws IllegalStateException if there is none
     */
    public int tlsPort() {
        return port(tls);
    }

    private static int port(@Nullable Portal portal) {
        if (portal == null) {
            throw new IllegalStateException("there is no such portal");
        }
        return portal.port();
    }

    /** Removes all targets and stops listening. Idempotent. */
    @Override
    public void close() {
        closed = true;
        if (plain != null) {
            plain.close();
        }
        if (tls != null) {
            tls.close();
        }
        targets.keySet().forEach(this::remove);
        connections.forEach(Connection::endAndAwait);
        watchdog.shutdownNow();
        workers.shutdown();
    }

    private final class Context implements ServerContext {
        @Override
        public Limits limits() {
            return config.limits();
        }

        @Override
        public Executor workers() {
            return workers;
        }

        @Override
        public BufferPool buffers() {
            return buffers;
        }

        @Override
        public Optional<ExportedTarget> find(String iqn) {
            return Optional.ofNullable(targets.get(iqn));
        }

        @Override
        public List<ExportedTarget> exported() {
            return List.copyOf(targets.values());
        }

        @Override
        public Clock clock() {
            return clock;
        }

        @Override
        public Refusals refusals() {
            return refusals;
        }

        @Override
        public int nextTsih() {
            return (tsihs.getAndIncrement() & 0x7fff) + 1;
        }

        @Override
        public void ended(Connection connection) {
            connections.remove(connection);
        }
    }
}
