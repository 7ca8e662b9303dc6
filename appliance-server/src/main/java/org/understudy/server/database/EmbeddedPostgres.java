package org.understudy.server.database;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * A PostgreSQL of our own on 127.0.0.1, with a random password, on a cluster that is kept. If the postmaster dies it is started
 * again on the same port, so that the connection pool recovers by itself. The caller must hold the lock of the data directory:
 * whatever still runs on the cluster is then a leftover and is stopped first.
 *
 * <p>Own launcher instead of a library: it has to survive {@code kill -9} of the server and of the database, keep its data,
 * refuse strangers on the same machine, and run for a server that is root.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration SLOW = Duration.ofSeconds(10);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final int PORT_ATTEMPTS = 5;

    private final CommandRunner commands;
    private final PostgresBinaries binaries;
    private final PostgresAccount account;
    private final PostgresCluster cluster;
    private final Map<String, String> parameters;
    private final Path logFile;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread supervisor;
    private final int port;

    // Guarded by this: the supervisor replaces it, close() ends it.
    private RunningProcess process;

    private EmbeddedPostgres(
            Path home, Path binariesHome, int wantedPort, Map<String, String> parameters, CommandRunner commands) {
        this.commands = commands;
        this.parameters = Map.copyOf(parameters);
        this.binaries = PostgresBinaries.under(binariesHome);
        this.account = PostgresAccount.choose(commands, binaries.program("postgres"));
        this.cluster = PostgresCluster.prepare(home, binaries, account, commands);
        this.logFile = PostgresLog.prepare(home.resolve("postgres.log"));
        new LeftoverPostgres(binaries, account, commands).end(cluster.directory());
        Started started = launchOnSomePort(wantedPort);
        this.port = started.port();
        this.process = started.process();
        this.supervisor = Thread.ofVirtual().name("postgres-supervisor").start(this::supervise);
    }

    /**
     * Starts the database and returns when it accepts connections.
     *
     * @param home directory of cluster, password and log; made if missing
     * @param binariesHome where the programs are unpacked, may be shared
     * @param port TCP port, 0 for any free one
     * @param parameters settings of PostgreSQL on top of ours
     * @throws ProblemException {@code DATABASE_UNAVAILABLE}
     */
    public static EmbeddedPostgres start(
            Path home, Path binariesHome, int port, Map<String, String> parameters, CommandRunner commands) {
        long begun = System.nanoTime();
        EmbeddedPostgres started = new EmbeddedPostgres(home, binariesHome, port, parameters, commands);
        log.debug(
                "The database listens on 127.0.0.1:{} after {} ms",
                started.port,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        return started;
    }

    public int port() {
        return port;
    }

    public String username() {
        return PostgresCluster.SUPERUSER;
    }

    public String password() {
        return cluster.password();
    }

    /** JDBC address of a database in this server. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    /** Process id of the postmaster. */
    public synchronized long pid() {
        return process.pid();
    }

    private record Started(RunningProcess process, int port) {}

    private Started launchOnSomePort(int wanted) {
        for (int attempt = 1; ; attempt++) {
            int chosen = wanted == 0 ? freePort() : wanted;
            try {
                return new Started(launch(chosen), chosen);
            } catch (ProblemException e) {
                String details = e.problem().details();
                boolean taken = details != null && details.contains("Address already in use");
                if (wanted != 0 || !taken || attempt == PORT_ATTEMPTS) {
                    throw e;
                }
                log.debug("port {} was taken meanwhile", chosen);
            }
        }
    }

    private RunningProcess launch(int onPort) {
        // A session of its own: an interrupt typed at the server's terminal must not stop the database before the
        // server.
        List<String> argv = new ArrayList<>(List.of("setsid"));
        argv.addAll(account.prefix());
        argv.addAll(List.of(
                binaries.program("postgres").toString(),
                "-D",
                cluster.directory().toString(),
                "-p",
                Integer.toString(onPort),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories="));
        parameters.forEach((name, value) -> argv.addAll(List.of("-c", name + "=" + value)));
        long logBefore = PostgresLog.length(logFile);
        RunningProcess started = commands.start(org.understudy.core.command.Command.of(argv), logFile);
        try {
            awaitReady(started, logBefore);
            return started;
        } catch (RuntimeException e) {
            started.close();
            throw e;
        }
    }

    /** Recovery after a crash may take long, so only the end of the process is a failure. */
    private void awaitReady(RunningProcess started, long logBefore) {
        long begun = System.nanoTime();
        long lastSaid = begun;
        while (!started.awaitExit(POLL)) {
            Optional<PostmasterFile> file = PostmasterFile.read(cluster.directory());
            if (file.isPresent()
                    && file.get().pid() == started.pid()
                    && file.get().ready()) {
                return;
            }
            if (System.nanoTime() - lastSaid > SLOW.toNanos()) {
                lastSaid = System.nanoTime();
                log.info(
                        "The database is still recovering after {} s",
                        TimeUnit.NANOSECONDS.toSeconds(lastSaid - begun));
            }
        }
        throw Problem.of(
                        ProblemCode.DATABASE_UNAVAILABLE,
                        "reason",
                        "the embedded PostgreSQL ended with status " + started.exitStatus() + " while it started")
                .withDetails(PostgresLog.since(logFile, logBefore))
                .asException();
    }

    private void supervise() {
        Duration pause = FIRST_PAUSE;
        while (closing.getCount() > 0) {
            RunningProcess watched;
            synchronized (this) {
                watched = process;
            }
            if (!watched.awaitExit(Duration.ofMinutes(1))) {
                pause = FIRST_PAUSE;
                continue;
            }
            if (closing.getCount() == 0) {
                return;
            }
            log.warn("The database ended unexpectedly (status {}); it is started again", watched.exitStatus());
            if (!restart()) {
                if (awaitClosing(pause)) {
                    return;
                }
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
            }
        }
    }

    private synchronized boolean restart() {
        if (closing.getCount() == 0) {
            return true;
        }
        try {
            new LeftoverPostgres(binaries, account, commands).end(cluster.directory());
            process = launch(port);
            log.info("The database is back");
            return true;
        } catch (RuntimeException e) {
            log.error("The database cannot be started again: {}", e.getMessage());
            return false;
        }
    }

    private boolean awaitClosing(Duration limit) {
        try {
            return closing.await(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Stops the database in its fast mode: open transactions are rolled back, everything committed is on disk. Idempotent. */
    @Override
    public void close() {
        closing.countDown();
        synchronized (this) {
            if (process.isAlive()) {
                try {
                    commands.run(account.command(
                                    binaries.program("pg_ctl").toString(),
                                    "stop",
                                    "--pgdata=" + cluster.directory(),
                                    "--mode=fast",
                                    "--wait",
                                    "--timeout=60"))
                            .orThrow();
                } catch (ProblemException e) {
                    log.warn("The database did not stop in order and is ended: {}", e.getMessage());
                }
            }
            process.close();
        }
        try {
            supervisor.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
