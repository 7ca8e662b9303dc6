package org.understudy.agent.linux;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.understudy.agent.state.StateDirectory;
import picocli.CommandLine;

/** {@code run}: serves the appliance until the process is asked to end. */
@CommandLine.Command(name = "run", description = "Run the agent in the foreground.", mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

    @CommandLine.Option(
            names = "--state",
            paramLabel = "DIR",
            defaultValue = AgentCommand.DEFAULT_STATE,
            description = "Where the agent keeps its state (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Path state;

    @Override
    public Integer call() {
        try (StateDirectory directory = StateDirectory.open(state);
                LinuxAgent agent = LinuxAgent.of(directory, List.of())) {
            Thread ending = new Thread(agent::close, "shutdown");
            Runtime.getRuntime().addShutdownHook(ending);
            agent.run();
        }
        return CommandLine.ExitCode.OK;
    }
}
