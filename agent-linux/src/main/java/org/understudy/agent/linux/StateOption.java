package org.understudy.agent.linux;

import java.nio.file.Path;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import picocli.CommandLine;

/** Option {@code --state} of a command that looks at the state without owning it. */
final class StateOption {

    @CommandLine.Option(
            names = "--state",
            paramLabel = "DIR",
            defaultValue = AgentCommand.DEFAULT_STATE,
            description = "Where the agent keeps its state (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    Path directory() {
        return directory;
    }

    /**
     * Who this host is.
     *
     * @throws org.understudy.core.problem.ProblemException {@code ROOT_REQUIRED}, {@code NOT_ENROLLED}, {@code AGENT_STATE_DAMAGED}
     */
    Identity identity() {
        Privileges.requireFor(directory);
        return StateDirectory.peek(directory)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_ENROLLED, "directory", directory.toString())
                        .asException());
    }
}
