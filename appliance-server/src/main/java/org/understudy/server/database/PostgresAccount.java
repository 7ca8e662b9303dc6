package org.understudy.server.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * As whom the programs of PostgreSQL run. They refuse to run as root, so a server that is root starts them in a user namespace
 * of their own, where root is unmapped and has no privilege, but owns the same files. Where the kernel forbids that, they run
 * as {@code nobody}, who is then given the files.
 */
sealed interface PostgresAccount {

    /** What to put before the program. */
    List<String> prefix();

    /** User id that must own the files. */
    int owner();

    /** The server is not root: run as the server. */
    record Same(int owner) implements PostgresAccount {
        @Override
        public List<String> prefix() {
            return List.of();
        }
    }

    /** unshare(1) with an empty user mapping: inside, root is the overflow user, see user_namespaces(7). */
    record Unmapped() implements PostgresAccount {
        @Override
        public List<String> prefix() {
            return List.of("unshare", "--user", "--");
        }

        @Override
        public int owner() {
            return 0;
        }
    }

    /** setpriv(1) to the user and group {@code nobody}. */
    record Nobody() implements PostgresAccount {
        @Override
        public List<String> prefix() {
            return List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");
        }

        @Override
        public int owner() {
            return 65534;
        }
    }

    /** The first way that works here: a probe runs {@code program --version} by it. */
    static PostgresAccount choose(CommandRunner commands, Path program) {
        int user = userOf(Path.of("/proc/self"));
        List<PostgresAccount> ways = user == 0 ? List.of(new Unmapped(), new Nobody()) : List.of(new Same(user));
        List<String> refusals = new ArrayList<>();
        for (PostgresAccount way : ways) {
            try {
                var result = commands.run(way.command(program.toString(), "--version"));
                if (result.succeeded()) {
                    return way;
                }
                refusals.add(result.command() + ": " + result.errorOutput().strip());
            } catch (ProblemException e) {
                refusals.add(Objects.requireNonNullElse(e.getMessage(), ""));
            }
        }
        throw Problem.of(
                        ProblemCode.DATABASE_UNAVAILABLE,
                        "reason",
                        "the embedded PostgreSQL cannot be run here" + (user == 0 ? " without root's privileges" : ""))
                .withDetails(String.join("; ", refusals))
                .asException();
    }

    default Command command(String... program) {
        List<String> argv = new ArrayList<>(prefix());
        argv.addAll(List.of(program));
        return Command.of(argv);
    }

    /** Gives {@code root} and all below to the account, if it is not the owner already. */
    default void own(CommandRunner commands, Path root) {
        if (userOf(root) != owner()) {
            commands.run(Command.of("chown", "-R", "--", owner() + ":" + owner(), root.toString()))
                    .orThrow();
        }
    }

    private static int userOf(Path path) {
        try {
            return (Integer) Files.getAttribute(path, "unix:uid");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
