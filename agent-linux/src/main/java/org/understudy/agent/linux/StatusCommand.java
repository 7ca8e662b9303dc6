package org.understudy.agent.linux;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.state.StateDirectory.Glance;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import picocli.CommandLine;

/** {@code status}: says what the state directory tells. */
@CommandLine.Command(
        name = "status",
        description = "Say whether this host is enrolled and whether the agent runs.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    @CommandLine.Option(
            names = "--state",
            paramLabel = "DIR",
            defaultValue = AgentCommand.DEFAULT_STATE,
            description = "Where the agent keeps its state (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Path state;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        Identity identity = StateDirectory.peek(state)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_ENROLLED, "directory", state.toString())
                        .asException());
        Glance glance = StateDirectory.glance(state);
        PrintWriter out = spec.commandLine().getOut();
        out.println("appliance  " + identity.server());
        out.println("host       " + identity.hostId());
        out.println("devices    " + (identity.devices().isEmpty() ? "all" : String.join(" ", identity.devices())));
        out.println("agent      " + (glance.inUse() ? "running" : "not running"));
        out.println("base       " + (glance.bases().isEmpty() ? "none" : String.join(" ", glance.bases())));
        out.flush();
        return CommandLine.ExitCode.OK;
    }
}
