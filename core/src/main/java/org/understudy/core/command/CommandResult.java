package org.understudy.core.command;

import java.time.Duration;
import java.util.List;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * What a program that ended left behind.
 *
 * @param command what was run
 * @param exitStatus its exit status
 * @param output standard output, decoded as UTF-8
 * @param errorOutput standard error, decoded as UTF-8
 * @param elapsed wall time
 */
public record CommandResult(Command command, int exitStatus, String output, String errorOutput, Duration elapsed) {

    public boolean succeeded() {
        return exitStatus == 0;
    }

    /** Lines of standard output without the line ends. */
    public List<String> lines() {
        return output.lines().toList();
    }

    /** This result if the program succeeded, else a {@code COMMAND_FAILED} problem with what it said. */
    public CommandResult orThrow() {
        if (succeeded()) {
            return this;
        }
        throw Problem.of(
                        ProblemCode.COMMAND_FAILED,
                        "command",
                        command.toString(),
                        "status",
                        Integer.toString(exitStatus))
                .withDetails(errorOutput.strip())
                .asException();
    }
}
