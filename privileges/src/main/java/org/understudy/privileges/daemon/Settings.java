package org.understudy.privileges.daemon;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.zfs.name.DatasetName;

/**
 * How the daemon is started: {@code --NAME=VALUE} for each.
 *
 * @param root {@code root}: the dataset that nothing outside of is touched, such as {@code tank/understudy}; must be given
 * @param user {@code user}: the server's user, default {@code understudy}
 * @param group {@code group}: the server's group, default {@code understudy}
 * @param run {@code run}: directory of the sockets, default {@code /run/understudy-privileges}
 * @param state {@code state}: directory of what is known about time, default {@code /var/lib/understudy-privileges}
 * @param log {@code log}: directory of the log of calls, default {@code /var/log/understudy-privileges}
 * @param longestLock {@code longest-lock-days}: how far from now a lock may reach, default 3660
 */
public record Settings(
        DatasetName root, String user, String group, Path run, Path state, Path log, Duration longestLock) {

    private static final String PREFIX = "--";

    /** @throws ProblemException {@code INVALID_SETTING} */
    public static Settings parse(List<String> arguments) {
        Map<String, String> values = new TreeMap<>(Map.of(
                "user", "understudy",
                "group", "understudy",
                "run", "/run/understudy-privileges",
                "state", "/var/lib/understudy-privileges",
                "log", "/var/log/understudy-privileges",
                "longest-lock-days", "3660",
                "root", ""));
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            String name = argument.startsWith(PREFIX) && equals > 0 ? argument.substring(2, equals) : argument;
            if (!values.containsKey(name) || equals < 0) {
                throw invalid(argument, "there is no such setting", "--root=tank/understudy");
            }
            values.put(name, argument.substring(equals + 1));
        }
        return new Settings(
                root(values.get("root")),
                String.valueOf(values.get("user")),
                String.valueOf(values.get("group")),
                directory("run", values),
                directory("state", values),
                directory("log", values),
                days(String.valueOf(values.get("longest-lock-days"))));
    }

    private static DatasetName root(@Nullable String text) {
        String expected = "--root=POOL/understudy: a dataset of the pool, not the pool itself";
        try {
            DatasetName root = new DatasetName(String.valueOf(text));
            if (root.parent().isEmpty()) {
                throw invalid("root", "it is the top of a pool", expected);
            }
            return root;
        } catch (IllegalArgumentException e) {
            throw invalid("root", String.valueOf(e.getMessage()), expected);
        }
    }

    private static Path directory(String name, Map<String, String> values) {
        Path path = Path.of(String.valueOf(values.get(name)));
        if (!path.isAbsolute()) {
            throw invalid(name, path + " is not an absolute path", "--" + name + "=/var/lib/understudy-privileges");
        }
        return path;
    }

    private static Duration days(String text) {
        if (!text.matches("[1-9][0-9]{0,4}")) {
            throw invalid("longest-lock-days", text + " is no number of days", "--longest-lock-days=3660");
        }
        return Duration.ofDays(Long.parseLong(text));
    }

    private static ProblemException invalid(String setting, String reason, String expected) {
        return Problem.of(ProblemCode.INVALID_SETTING, "setting", setting, "reason", reason, "expected", expected)
                .asException();
    }

    /** The control server's socket. */
    public Path serverSocket() {
        return run.resolve("server").resolve("server.sock");
    }

    /** The socket of people at the box. */
    public Path consoleSocket() {
        return run.resolve("console").resolve("console.sock");
    }
}
