package org.understudy.demo.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.linux.AgentCommand;
import org.understudy.agent.linux.LinuxAgent;
import org.understudy.agent.state.StateDirectory;

/**
 * The agent as it is shipped, with a gate at each phase of its runs. While the file systems are frozen it also copies the file
 * below the protected disk: what the disk really was at that instant.
 */
public final class GatedAgent implements RunObserver {

    private final Gate gate;
    private final @Nullable Path disk;
    private final @Nullable Path truth;

    private GatedAgent(Gate gate, @Nullable Path disk, @Nullable Path truth) {
        this.gate = gate;
        this.disk = disk;
        this.truth = truth;
    }

    /** {@code run --state DIR} runs the gated agent; everything else is left to the agent itself. */
    public static void main(String[] arguments) {
        if (arguments.length != 3 || !arguments[0].equals("run")) {
            AgentCommand.main(arguments);
            return;
        }
        GatedAgent gated = new GatedAgent(
                new Gate(Path.of(System.getProperty("understudy.test.gate"))),
                path("understudy.test.disk"),
                path("understudy.test.truth"));
        try (StateDirectory directory = StateDirectory.open(Path.of(arguments[2]));
                LinuxAgent agent = LinuxAgent.of(directory, List.of(gated))) {
            Runtime.getRuntime().addShutdownHook(new Thread(agent::close, "shutdown"));
            agent.run();
        }
    }

    private static @Nullable Path path(String property) {
        String value = System.getProperty(property);
        return value == null ? null : Path.of(value);
    }

    @Override
    public void reached(RunPhase phase, @Nullable String run, int pass) {
        if (phase == RunPhase.FROZEN && disk != null && truth != null) {
            try {
                DiskFiles.copy(disk, truth);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        gate.pass(phase.name());
    }
}
