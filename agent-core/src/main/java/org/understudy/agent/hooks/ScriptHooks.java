package org.understudy.agent.hooks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * The executables {@code pre-backup} and {@code post-backup}, from the first of some directories that has the one that is asked for.
 * They are started without arguments; {@code UNDERSTUDY_RUN} holds the id of the run. A script that makes no progress is ended.
 */
public final class ScriptHooks implements BackupHooks {

    private static final Duration STALL_LIMIT = Duration.ofMinutes(2);
    private static final int TAIL_CHARS = 2000;

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
        return find("pre-backup").isPresent();
    }

    @Override
    public boolean hasPost() {
        return find("post-backup").isPresent();
    }

    @Override
    public void pre(String run) {
        find("pre-backup").ifPresent(script -> execute(script, run));
    }

    @Override
    public void post(String run) {
        find("post-backup").ifPresent(script -> execute(script, run));
    }

    private Optional<Path> find(String name) {
        return directories.stream()
                .map(directory -> directory.resolve(name))
                .filter(script -> Files.isRegularFile(script) && Files.isExecutable(script))
                .findFirst();
    }

    private void execute(Path script, String run) {
        Command command = Command.of(script.toString())
                .withEnvironment(Map.of("UNDERSTUDY_RUN", run))
                .withStallLimit(stallLimit);
        CommandResult result;
        try {
            result = commands.run(command);
        } catch (ProblemException e) {
            if (e.problem().code() == ProblemCode.CANCELLED) {
                throw e;
            }
            throw failed(script, e.problem().code().name()).asException(e);
        }
        if (!result.succeeded()) {
            throw failed(script, Integer.toString(result.exitStatus()))
                    .withDetails(tail(result.output() + result.errorOutput()))
                    .asException();
        }
    }

    private static Problem failed(Path script, String status) {
        return Problem.of(ProblemCode.SCRIPT_FAILED, "script", script.toString(), "status", status);
    }

    private static String tail(String text) {
        String stripped = text.strip();
        return stripped.length() <= TAIL_CHARS ? stripped : "…" + stripped.substring(stripped.length() - TAIL_CHARS);
    }
}
