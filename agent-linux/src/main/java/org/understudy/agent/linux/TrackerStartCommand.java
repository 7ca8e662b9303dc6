package org.understudy.agent.linux;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.tracking.Granularity;
import org.understudy.agent.linux.tracking.TrackedDevice;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import picocli.CommandLine;

/** {@code tracker start}: proves that tracking works here, then starts it. */
@CommandLine.Command(
        name = "start",
        description = "Start tracking a disk or partition. A healthy tracker that is there already goes on.",
        mixinStandardHelpOptions = true)
final class TrackerStartCommand implements Callable<Integer> {

    @CommandLine.Mixin
    private TrackerCommand.Place place = new TrackerCommand.Place();

    @CommandLine.Parameters(arity = "0..1", paramLabel = "DEVICE", description = "Block device, such as /dev/sda.")
    private @Nullable Path device;

    @CommandLine.Option(
            names = "--offered",
            description =
                    "All disks that this host offers to its appliance, as at boot; the others go on if one cannot be tracked.")
    private boolean offered;

    @CommandLine.Option(
            names = "--state",
            paramLabel = "DIR",
            defaultValue = AgentCommand.DEFAULT_STATE,
            description = "Where the agent keeps its state, for --offered (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Path state;

    @CommandLine.Option(
            names = "--granularity",
            paramLabel = "SIZE",
            description = "Bytes that one mark stands for: a power of two from 4K to 1M (64K).")
    private @Nullable String granularity;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    private boolean tested;

    @Override
    public Integer call() throws TrackingException, IOException {
        Path one = device;
        if (offered == (one != null)) {
            throw new CommandLine.ParameterException(spec.commandLine(), "Name a device, or give --offered.");
        }
        Granularity wanted = granularity == null ? Granularity.DEFAULT : Granularity.parse(granularity);
        Trackers trackers = place.trackers();
        if (one != null) {
            TrackedDevice tracked = place.probe().probe(one);
            trackers.mountPins();
            start(trackers, one, tracked, wanted);
            return CommandLine.ExitCode.OK;
        }
        return startOffered(trackers, wanted);
    }

    private int startOffered(Trackers trackers, Granularity wanted) throws TrackingException, IOException {
        Identity identity = StateDirectory.peek(state)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_ENROLLED, "directory", state.toString())
                        .asException());
        trackers.mountPins();
        int failed = 0;
        for (BlockDevice disk : new BlockDevices(KernelFiles.ofThisHost(), identity.devices()).find()) {
            try {
                start(trackers, disk.file(), place.probe().probe(disk.file()), wanted);
            } catch (TrackingException e) {
                failed++;
                PrintWriter err = spec.commandLine().getErr();
                err.println(e.getMessage());
                err.flush();
            }
        }
        return failed == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private void start(Trackers trackers, Path file, TrackedDevice tracked, Granularity wanted)
            throws TrackingException, IOException {
        if (trackers.isTracked(tracked)) {
            try (Tracker running = trackers.open(tracked)) {
                if (granularity != null && !running.granularity().equals(wanted)) {
                    throw TrackingException.invalid(
                            file + " is tracked already.",
                            "its granularity is " + running.granularity().bytes() + " bytes",
                            "To change it, stop tracking first: tracker stop " + file);
                }
                say(file + " is tracked already, for " + running.age().toSeconds() + " s.");
                return;
            } catch (TrackingException e) {
                if (e.isInvalid()) {
                    throw e;
                }
                say("The tracker that was there is replaced: " + e.reason() + ".");
            }
        }
        for (String stale : trackers.removeStale()) {
            say("Removed the tracker of " + stale + ", which is gone or is another device now.");
        }
        if (!tested) {
            place.selfTest(trackers).run();
            tested = true;
        }
        try (Tracker started = trackers.start(tracked, wanted)) {
            say("Tracking " + file + " (" + tracked.name() + ", " + tracked.sizeBytes() + " bytes) in granules of "
                    + started.granularity().bytes() + " bytes.");
        }
    }

    private void say(String text) {
        spec.commandLine().getOut().println(text);
        spec.commandLine().getOut().flush();
    }
}
