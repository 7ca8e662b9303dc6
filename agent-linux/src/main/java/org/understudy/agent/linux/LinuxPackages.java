package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.upgrade.PackageInstaller;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * dpkg or rpm. The installation runs in a transient systemd unit: the new package restarts the agent, and a child of the agent could be
 * ended with it while it is half done. What it prints goes to a file and not through a pipe, which would break with the agent.
 */
final class LinuxPackages implements PackageInstaller {

    private static final String PACKAGE = "understudy-agent";
    private static final int LAST_CHARACTERS = 2000;
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private final CommandRunner programs;
    private final Path log;
    private final Path forbidden;
    private final Path systemd;

    /**
     * @param log what the package system says
     * @param forbidden upgrades by the appliance are refused while this file exists
     * @param systemd is there while systemd runs
     */
    LinuxPackages(CommandRunner programs, Path log, Path forbidden, Path systemd) {
        this.programs = programs;
        this.log = log;
        this.forbidden = forbidden;
        this.systemd = systemd;
    }

    static LinuxPackages ofThisHost(CommandRunner programs, Path log) {
        return new LinuxPackages(
                programs, log, Path.of("/etc/understudy-agent/no-upgrade"), Path.of("/run/systemd/system"));
    }

    @Override
    public Kind kind() {
        if (Files.exists(forbidden)) {
            throw Problem.of(ProblemCode.UPGRADE_REFUSED, "reason", "the file " + forbidden + " forbids it")
                    .asException();
        }
        String deb = ask("dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Architecture}", PACKAGE);
        if (deb.startsWith("ii")) {
            return new Kind("deb", deb.substring(2).strip());
        }
        String rpm = ask("rpm", "-q", "--qf", "%{ARCH}", PACKAGE);
        if (rpm.matches("[a-z0-9_]+")) {
            return new Kind("rpm", rpm);
        }
        return NONE.kind();
    }

    /** What a program prints; nothing if it is missing or fails. */
    private String ask(String... argv) {
        try {
            CommandResult result = programs.run(Command.of(argv));
            return result.succeeded() ? result.output().strip() : "";
        } catch (ProblemException e) {
            if (e.problem().code() == ProblemCode.COMMAND_MISSING) {
                return "";
            }
            throw e;
        }
    }

    @Override
    public void install(Path file) {
        List<String> argv = new ArrayList<>();
        if (Files.isDirectory(systemd)) {
            argv.addAll(List.of("systemd-run", "--wait", "--collect", "--quiet", "--unit=understudy-agent-upgrade"));
        }
        argv.addAll(List.of("/bin/sh", "-c"));
        argv.add(
                file.toString().endsWith(".deb")
                        ? "DEBIAN_FRONTEND=noninteractive exec dpkg --force-confdef --force-confold -i \"$1\" >\"$2\" 2>&1"
                        : "exec rpm -U \"$1\" >\"$2\" 2>&1");
        argv.addAll(List.of("understudy-agent-upgrade", file.toString(), log.toString()));
        CommandResult result = programs.run(Command.of(argv).withStallLimit(PATIENCE));
        if (!result.succeeded()) {
            throw Problem.of(ProblemCode.UPGRADE_FAILED)
                    .withDetails(said(result))
                    .asException();
        }
    }

    private String said(CommandResult result) {
        String text = result.errorOutput();
        try {
            text += Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            text += "nothing was written to " + log + ": " + e.getMessage();
        }
        return text.substring(Math.max(0, text.length() - LAST_CHARACTERS)).strip();
    }
}
