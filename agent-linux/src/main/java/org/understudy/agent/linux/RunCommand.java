package org.understudy.agent.linux;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.state.StateDirectory;
import picocli.CommandLine;

/** {@code run}: serves the appliance until the process is asked to end. */
@CommandLine.Command(name = "run", description = "Run the agent in the foreground.", mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

    private static final String STATE = "--state";
    private static final String NO_TRACKING = "--no-tracking";
    private static final String PINS = "--pins";
    private static final Set<String> OPTIONS = Set.of(STATE, NO_TRACKING, PINS);

    @CommandLine.Option(
            names = STATE,
            paramLabel = "DIR",
            defaultValue = AgentCommand.DEFAULT_STATE,
            description = "Where the agent keeps its state (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Path state;

    @CommandLine.Option(
            names = NO_TRACKING,
            description = "Compare all used blocks at each run instead of tracking what is written.")
    private boolean noTracking;

    @CommandLine.Option(
            names = PINS,
            paramLabel = "DIR",
            description = "Directory in a bpffs for the pins of trackers (${DEFAULT-VALUE}).")
    private Path pins = Trackers.PINS;

    @Override
    public Integer call() {
        serve(state, noTracking ? null : pins);
        return CommandLine.ExitCode.OK;
    }

    /** The same by a command line as the service has it: nothing but the name and options with their values. */
    static boolean isPlain(String... arguments) {
        if (arguments.length == 0 || !arguments[0].equals("run")) {
            return false;
        }
        int at = 1;
        while (at < arguments.length && OPTIONS.contains(arguments[at])) {
            at += arguments[at].equals(NO_TRACKING) ? 1 : 2;
        }
        return at == arguments.length;
    }

    /** Runs a command line that {@link #isPlain}, without the command line library, whose classes would stay in memory. */
    static void servePlain(String... arguments) {
        Path state = Path.of(AgentCommand.DEFAULT_STATE);
        Path pins = Trackers.PINS;
        boolean noTracking = false;
        for (int at = 1; at < arguments.length; at++) {
            switch (arguments[at]) {
                case NO_TRACKING -> noTracking = true;
                case STATE -> state = Path.of(arguments[++at]);
                case PINS -> pins = Path.of(arguments[++at]);
                default -> throw new IllegalArgumentException(arguments[at]);
            }
        }
        serve(state, noTracking ? null : pins);
    }

    private static void serve(Path state, @Nullable Path pins) {
        try (StateDirectory directory = StateDirectory.open(state);
                LinuxAgent agent = LinuxAgent.of(directory, List.of(), pins, null)) {
            Thread ending = new Thread(agent::close, "shutdown");
            Runtime.getRuntime().addShutdownHook(ending);
            agent.run();
        }
    }
}
