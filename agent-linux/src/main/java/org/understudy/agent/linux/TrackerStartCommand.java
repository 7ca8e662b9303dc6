package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.tracking.Granularity;
import org.understudy.agent.linux.tracking.TrackedDevice;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.linux.tracking.TrackingException;
import picocli.CommandLine;

/** {@code tracker start}: proves that tracking works here, then starts it. */
@CommandLine.Command(
        name = "start",
        description = "Start tracking a disk or partition. A healthy tracker that is there already goes on.",
        mixinStandardHelpOptions = true)
final class TrackerStartCommand implements Callable<Integer> {

    @CommandLine.Mixin
    private TrackerCommand.Place place = new TrackerCommand.Place();

    @CommandLine.Parameters(paramLabel = "DEVICE", description = "Block device, such as /dev/sda.")
    @SuppressWarnings("NullAway.Init")
    private Path device;

    @CommandLine.Option(
            names = "--granularity",
            paramLabel = "SIZE",
            description = "Bytes that one mark stands for: a power of two from 4K to 1M (64K).")
    private @Nullable String granularity;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws TrackingException, IOException {
        Granularity wanted = granularity == null ? Granularity.DEFAULT : Granularity.parse(granularity);
        Trackers trackers = place.trackers();
        TrackedDevice tracked = place.probe().probe(device);
        trackers.mountPins();
        if (trackers.isTracked(tracked)) {
            try (Tracker running = trackers.open(tracked)) {
                if (granularity != null && !running.granularity().equals(wanted)) {
                    throw TrackingException.invalid(
                            device + " is tracked already.",
                            "its granularity is " + running.granularity().bytes() + " bytes",
                            "To change it, stop tracking first: tracker stop " + device);
                }
                say(device + " is tracked already, for " + running.age().toSeconds() + " s.");
                return CommandLine.ExitCode.OK;
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
        place.selfTest(trackers).run();
        try (Tracker started = trackers.start(tracked, wanted)) {
            say("Tracking " + device + " (" + tracked.name() + ", " + tracked.sizeBytes() + " bytes) in granules of "
                    + started.granularity().bytes() + " bytes.");
        }
        return CommandLine.ExitCode.OK;
    }

    private void say(String text) {
        spec.commandLine().getOut().println(text);
        spec.commandLine().getOut().flush();
    }
}
