package org.understudy.agent.hooks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * The executables {@code pre-backup} and {@code post-backup}, from the first of some directories that has the one that is asked for,
 * started without arguments; and all executables in the directories' {@code applications}, started with {@code pre} in the order of their
 * names before it and with {@code post} in the opposite order after it. {@code UNDERSTUDY_RUN} holds the id of the run. A status of 75
 * says that an application is not at rest but that the run may go on. A script that makes no progress is ended.
 */
public final class ScriptHooks implements BackupHooks {

    private static final Duration STALL_LIMIT = Duration.ofMinutes(2);
    private static final int TAIL_CHARS = 2000;

    /** {@code EX_TEMPFAIL} of sysexits.h. */
    private static final int GO_ON = 75;

    private static final Logger log = LoggerFactory.getLogger(ScriptHooks.class);

    private final CommandRunner commands;
    private final List<Path> directories;
    private final Duration stallLimit;

    public ScriptHooks(CommandRunner commands, List<Path> directories) {
        this(commands, directories, STALL_LIMIT);
    }

    ScriptHooks(CommandRunner commands, List<Path> directories, Duration stallLimit) {
        this.commands = commands;
        this.directories = List.copyOf(directories);
        this.stallLimit = stallLimit;
    }

    @Override
    public boolean hasPre() {
        return find("pre-backup").isPresent() || !applications().isEmpty();
    }

    @Override
    public boolean hasPost() {
        return find("post-backup").isPresent() || !applications().isEmpty();
    }

    @Override
    public boolean pre(String run) {
        boolean atRest = true;
        for (Path application : applications()) {
            atRest &= execute(Command.of(application.toString(), "pre"), application, run);
        }
        Optional<Path> script = find("pre-backup");
        return script.isEmpty() ? atRest : execute(Command.of(script.get().toString()), script.get(), run) && atRest;
    }

    @Override
    public void post(String run) {
        // All are run, whatever one of them says: each may have left something that has to be undone.
        ProblemException first = null;
        List<Path> reversed = new ArrayList<>(applications());
        Collections.reverse(reversed);
        List<Runnable> steps = new ArrayList<>();
        find("post-backup").ifPresent(script -> steps.add(() -> execute(Command.of(script.toString()), script, run)));
        reversed.forEach(application ->
                steps.add(() -> execute(Command.of(application.toString(), "post"), application, run)));
        for (Runnable step : steps) {
            try {
                step.run();
            } catch (ProblemException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private Optional<Path> find(String name) {
        return directories.stream()
                .map(directory -> directory.resolve(name))
                .filter(ScriptHooks::isProgram)
                .findFirst();
    }

    private List<Path> applications() {
        List<Path> found = new ArrayList<>();
        for (Path directory : directories) {
            Path applications = directory.resolve("applications");
            if (Files.isDirectory(applications)) {
                try (Stream<Path> files = Files.list(applications)) {
                    files.filter(ScriptHooks::isProgram).forEach(found::add);
                } catch (IOException e) {
                    throw failed(applications, "unreadable").asException(e);
                }
            }
        }
        found.sort(Comparator.comparing(file -> file.getFileName().toString()));
        return found;
    }

    private static boolean isProgram(Path file) {
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }

    /** Returns whether it did what it is for. */
    private boolean execute(Command program, Path script, String run) {
        Command command = program.withEnvironment(Map.of("UNDERSTUDY_RUN", run)).withStallLimit(stallLimit);
        CommandResult result;
        try {
            result = commands.run(command);
        } catch (ProblemException e) {
            if (e.problem().code() == ProblemCode.CANCELLED) {
                throw e;
            }
            throw failed(script, e.problem().code().name()).asException(e);
        }
        if (result.exitStatus() == GO_ON) {
            log.warn("run {}: {} goes on without: {}", run, script, tail(result.output() + result.errorOutput()));
            return false;
        }
        if (!result.succeeded()) {
            throw failed(script, Integer.toString(result.exitStatus()))
                    .withDetails(tail(result.output() + result.errorOutput()))
                    .asException();
        }
        return true;
    }

    private static Problem failed(Path script, String status) {
        return Problem.of(ProblemCode.SCRIPT_FAILED, "script", script.toString(), "status", status);
    }

    private static String tail(String text) {
        String stripped = text.strip();
        return stripped.length() <= TAIL_CHARS ? stripped : "…" + stripped.substring(stripped.length() - TAIL_CHARS);
    }
}
