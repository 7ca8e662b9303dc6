package org.understudy.privileges.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.privileges.client.PrivilegesClient;
import org.understudy.privileges.clock.ChronySources;
import org.understudy.privileges.clock.ProcUptime;
import org.understudy.privileges.daemon.PrivilegesDaemon;
import org.understudy.privileges.daemon.Settings;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Request;
import org.understudy.privileges.storage.OpenZfs;
import org.understudy.zfs.Datasets;

/** {@code understudy-privileges serve|status|confirm-clock}. */
public final class PrivilegesCommand {

    private static final String USAGE = """
            understudy-privileges serve --root=POOL/understudy [--SETTING=VALUE ...]   runs the daemon
            understudy-privileges status --root=...          as root: shows the clock and what was refused
            understudy-privileges confirm-clock TIME --root=...   as root: TIME, as "status" shows it, is right
            """;

    private PrivilegesCommand() {}

    public static void main(String[] arguments) {
        System.exit(run(List.of(arguments), System.out, System.err));
    }

    static int run(List<String> arguments, PrintStream out, PrintStream err) {
        List<String> rest = new ArrayList<>(arguments);
        String verb = rest.isEmpty() ? "" : rest.remove(0);
        try {
            switch (verb) {
                case "serve" -> serve(Settings.parse(rest), out);
                case "status" -> status(Settings.parse(rest), out);
                case "confirm-clock" -> confirm(rest.isEmpty() ? "" : rest.remove(0), Settings.parse(rest), out);
                default -> {
                    err.print(USAGE);
                    return 64;
                }
            }
            return 0;
        } catch (ProblemException e) {
            err.println(e.problem().english());
            return 1;
        } catch (IOException e) {
            err.println("The daemon cannot start: " + e);
            return 1;
        }
    }

    private static void serve(Settings settings, PrintStream out) throws IOException {
        ProcessCommandRunner commands = new ProcessCommandRunner();
        PrivilegesDaemon.Ground ground = new PrivilegesDaemon.Ground(
                new OpenZfs(new Datasets(commands)), Clock.systemUTC(), new ProcUptime(), new ChronySources(commands));
        CountDownLatch stopped = new CountDownLatch(1);
        try (PrivilegesDaemon daemon = PrivilegesDaemon.start(settings, ground)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(daemon, stopped, out), "stop"));
            out.println("serving " + settings.root() + " on " + settings.serverSocket());
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void stop(PrivilegesDaemon daemon, CountDownLatch stopped, PrintStream out) {
        try {
            daemon.close();
        } catch (IOException e) {
            out.println("not everything was closed: " + e);
        } finally {
            stopped.countDown();
        }
    }

    private static void status(Settings settings, PrintStream out) {
        try (PrivilegesClient client = new PrivilegesClient(settings.consoleSocket())) {
            Answer.Status status = client.ask(new Request.ReadStatus(), Answer.Status.class);
            out.println("clock: " + Instant.ofEpochSecond(status.wallSeconds()) + " " + status.clock()
                    + (status.reason().isEmpty() ? "" : ", because " + status.reason()));
            out.println("locks are judged by: " + Instant.ofEpochSecond(status.trustedSeconds()));
            out.println("refused requests since the start: " + status.refused());
        }
    }

    private static void confirm(String time, Settings settings, PrintStream out) {
        Instant seen;
        try {
            seen = Instant.parse(time);
        } catch (DateTimeParseException e) {
            throw Problem.of(
                            ProblemCode.INVALID_REQUEST,
                            "reason",
                            "\"" + time + "\" is no time; write it as \"status\" shows it, like 2026-11-20T18:00:00Z")
                    .asException(e);
        }
        try (PrivilegesClient client = new PrivilegesClient(settings.consoleSocket())) {
            client.ask(new Request.ConfirmClock(seen.getEpochSecond()), Answer.Done.class);
            out.println("The clock is confirmed; recovery points can be deleted again.");
        }
    }
}
