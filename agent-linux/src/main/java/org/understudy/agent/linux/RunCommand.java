package org.understudy.agent.linux;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.understudy.agent.linux.tracking.Trackers;
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

    @CommandLine.Option(
            names = "--no-tracking",
            description = "Compare all used blocks at each run instead of tracking what is written.")
    private boolean noTracking;

    @CommandLine.Option(
            names = "--pins",
            paramLabel = "DIR",
            description = "Directory in a bpffs for the pins of trackers (${DEFAULT-VALUE}).")
    private Path pins = Trackers.PINS;

    @Override
    public Integer call() {
        try (StateDirectory directory = StateDirectory.open(state);
                LinuxAgent agent = LinuxAgent.of(directory, List.of(), noTracking ? null : pins, null)) {
            Thread ending = new Thread(agent::close, "shutdown");
            Runtime.getRuntime().addShutdownHook(ending);
            agent.run();
        }
        return CommandLine.ExitCode.OK;
    }
}
