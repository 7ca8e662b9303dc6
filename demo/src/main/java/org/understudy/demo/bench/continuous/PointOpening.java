package org.understudy.demo.bench.continuous;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;

/** Opens a point as somebody does who needs it: a clone of its image is mounted, PostgreSQL starts from it, and it is asked. */
final class PointOpening {

    private final CommandRunner commands;
    private final Path pool;
    private final Path work;

    /** @param pool where the pool is mounted */
    PointOpening(CommandRunner commands, Path pool, Path work) {
        this.commands = commands;
        this.pool = pool;
        this.work = work;
    }

    /**
     * What was found.
     *
     * @param holdsFrom commits that clients knew of before this must be in it
     * @param expected commits before that
     * @param missing how many of them are not there
     * @param beyond commits after that which are there too
     * @param gaps transactions that are not there though a later one of the same client is
     * @param balanced whether the sums of accounts, tellers and branches are those of the history
     * @param recovered whether PostgreSQL said that it recovered, and said nothing worse
     */
    record Opened(
            String point,
            Instant holdsFrom,
            long expected,
            long missing,
            long beyond,
            long gaps,
            boolean balanced,
            boolean recovered,
            String consistency) {

        boolean good() {
            return missing == 0 && gaps == 0 && balanced && recovered;
        }
    }

    Opened open(String host, String point, String consistency, Instant holdsFrom, CommitLog commits)
            throws IOException {
        Path clone = pool.resolve("bench-clone.raw");
        Path mount = Files.createDirectories(work.resolve("opened"));
        Path image = pool.resolve("understudy")
                .resolve(host)
                .resolve("points")
                .resolve(point)
                .resolve("disk0.raw");
        commands.run(Command.of("cp", "--reflink=always", image.toString(), clone.toString()))
                .orThrow();
        try {
            commands.run(Command.of("mount", "-o", "loop", "-t", "ext4", clone.toString(), mount.toString()))
                    .orThrow();
            try {
                return ask(mount, point, consistency, holdsFrom, commits);
            } finally {
                commands.run(Command.of("umount", mount.toString())).orThrow();
            }
        } finally {
            Files.deleteIfExists(clone);
        }
    }

    private Opened ask(Path mount, String point, String consistency, Instant holdsFrom, CommitLog commits)
            throws IOException {
        Path sockets = work.resolve("opened-socket");
        Files.deleteIfExists(sockets.resolve("postgres.log"));
        Path data = mount.resolve("pgdata");
        // The process whose number stands there runs on the other disk.
        Files.deleteIfExists(data.resolve("postmaster.pid"));
        try (Postgres postgres = new Postgres(commands, data, sockets, List.of())) {
            postgres.start();
            Map<Integer, Long> there = new TreeMap<>();
            long gaps = 0;
            for (String row : postgres.query("select client, count(*), max(n) from journal group by client")) {
                String[] columns = row.split("\\|", -1);
                there.put(Integer.parseInt(columns[0]), Long.parseLong(columns[1]));
                gaps += Long.parseLong(columns[2]) - Long.parseLong(columns[1]);
            }
            long expected = 0;
            long missing = 0;
            long beyond = 0;
            for (Map.Entry<Integer, Long> client :
                    commits.committedBefore(holdsFrom).entrySet()) {
                long found = there.getOrDefault(client.getKey(), 0L);
                expected += client.getValue();
                missing += Math.max(0, client.getValue() - found);
                beyond += Math.max(0, found - client.getValue());
            }
            List<String> sums = postgres.query("select (select sum(abalance) from pgbench_accounts) ="
                    + " (select sum(bbalance) from pgbench_branches) and (select sum(tbalance) from pgbench_tellers) ="
                    + " (select sum(bbalance) from pgbench_branches) and (select coalesce(sum(delta), 0) from"
                    + " pgbench_history) = (select sum(bbalance) from pgbench_branches)");
            String log = postgres.logged();
            boolean recovered = log.contains("redo done")
                    && log.contains("database system is ready")
                    && !log.contains("PANIC")
                    && !log.contains("ERROR")
                    && !log.contains("invalid page");
            return new Opened(
                    point,
                    holdsFrom,
                    expected,
                    missing,
                    beyond,
                    gaps,
                    sums.equals(List.of("t")),
                    recovered,
                    consistency);
        }
    }
}
