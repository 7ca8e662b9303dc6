package org.understudy.agent.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import org.understudy.agent.linux.tracking.DeviceProbe;
import org.understudy.agent.linux.tracking.SelfTest;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import picocli.CommandLine;

/** {@code tracker}: what a command on trackers needs, and the parent of those commands. */
@CommandLine.Command(
        name = "tracker",
        description = "Track which parts of a block device are written. Tracking goes on without any process.",
        mixinStandardHelpOptions = true,
        subcommands = {
            TrackerStartCommand.class,
            TrackerStopCommand.class,
            TrackerStatusCommand.class,
            TrackerExtentsCommand.class
        })
final class TrackerCommand implements Runnable {

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do with trackers.");
    }

    /** Where pins are, for tests and for hosts that mount bpffs elsewhere. */
    static final class Place {

        @CommandLine.Option(
                names = "--pins",
                paramLabel = "DIR",
                description = "Directory in a bpffs for the pins (${DEFAULT-VALUE}).")
        private Path pins = Trackers.PINS;

        private final CommandRunner commands = new ProcessCommandRunner();
        private final DeviceProbe probe = new DeviceProbe(Path.of("/sys"), commands);

        DeviceProbe probe() {
            return probe;
        }

        /** The trackers, for a process that may use them. */
        Trackers trackers() throws TrackingException {
            Privileges.require();
            return new Trackers(pins, Path.of("/"), probe);
        }

        SelfTest selfTest(Trackers trackers) {
            return new SelfTest(trackers, probe, commands);
        }

        /** Kernel name of a device file; of one that is gone, its last part. */
        String nameOf(Path file) {
            try {
                return probe.probe(file).name();
            } catch (TrackingException e) {
                // It may have gone away while it was tracked; its pins have its name.
                Path last = file.getFileName();
                return last == null || Files.isDirectory(file) ? file.toString() : last.toString();
            }
        }
    }
}
