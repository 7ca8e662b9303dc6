package org.understudy.server.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Ends what an earlier server that was killed left running on a cluster directory, so that there are never two servers on one.
 * Processes are known by their working directory, which PostgreSQL sets to the cluster directory for the postmaster and all its
 * children: a process id alone may belong to somebody else by now. The caller holds the lock of the data directory.
 */
final class LeftoverPostgres {

    private static final Logger log = LoggerFactory.getLogger(LeftoverPostgres.class);
    private static final Duration ORPHAN_LIMIT = Duration.ofSeconds(10);

    private final PostgresBinaries binaries;
    private final PostgresAccount account;
    private final org.understudy.core.command.CommandRunner commands;

    LeftoverPostgres(
            PostgresBinaries binaries, PostgresAccount account, org.understudy.core.command.CommandRunner commands) {
        this.binaries = binaries;
        this.account = account;
        this.commands = commands;
    }

    /** Returns when no process works on {@code cluster} any more and a new postmaster may start. */
    void end(Path cluster) {
        Optional<PostmasterFile> file = PostmasterFile.read(cluster);
        if (file.isPresent() && worksOn(file.get().pid(), cluster)) {
            log.info(
                    "Stopping the database that an earlier server left running (process {})",
                    file.get().pid());
            commands.run(account.command(
                            binaries.program("pg_ctl").toString(),
                            "stop",
                            "--pgdata=" + cluster,
                            "--mode=fast",
                            "--wait",
                            "--timeout=60"))
                    .orThrow();
        }
        awaitOrphans(cluster);
        // Nobody works on the directory. If the recorded pid lives, it is another program's that got the same number,
        // and
        // PostgreSQL would refuse to start because of it.
        if (file.isPresent()) {
            try {
                Files.deleteIfExists(cluster.resolve(PostmasterFile.NAME));
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    /** Children of a postmaster that was killed notice it by themselves and end. */
    private static void awaitOrphans(Path cluster) {
        for (ProcessHandle orphan : processesOn(cluster)) {
            log.info("Waiting for process {} of an earlier database to end", orphan.pid());
            if (!ended(orphan, ORPHAN_LIMIT)) {
                orphan.destroyForcibly();
                if (!ended(orphan, ORPHAN_LIMIT)) {
                    throw Problem.of(
                                    ProblemCode.DATABASE_UNAVAILABLE,
                                    "reason",
                                    "process " + orphan.pid() + " of an earlier server works on it and cannot be ended")
                            .asException();
                }
            }
        }
    }

    private static boolean ended(ProcessHandle process, Duration limit) {
        try {
            process.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return !process.isAlive();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of(ProblemCode.CANCELLED, "what", "the start of the database")
                    .asException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static java.util.List<ProcessHandle> processesOn(Path cluster) {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(process -> worksOn(process.pid(), cluster)).toList();
        }
    }

    static boolean worksOn(long pid, Path cluster) {
        Path process = Path.of("/proc", Long.toString(pid));
        try {
            return Files.readString(process.resolve("comm")).strip().equals("postgres")
                    && Files.isSameFile(process.resolve("cwd"), cluster);
        } catch (IOException e) {
            // Gone meanwhile, or another user's process that we may not look into: that cannot be ours.
            log.trace("process {}: {}", pid, e.toString());
            return false;
        }
    }
}
