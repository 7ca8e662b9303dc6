package org.understudy.agent.linux;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.tracking.Granularity;
import org.understudy.agent.linux.tracking.TrackedDevice;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.protocol.ProtocolCodec;
import picocli.CommandLine;

/** {@code tracker extents}: what was written since the epoch began. Exit status 1 if the marks cannot be believed. */
@CommandLine.Command(
        name = "extents",
        description = "Print byte offset and length of every extent written since the epoch began.",
        mixinStandardHelpOptions = true)
final class TrackerExtentsCommand implements Callable<Integer> {

    @CommandLine.Mixin
    private TrackerCommand.Place place = new TrackerCommand.Place();

    @CommandLine.Parameters(paramLabel = "DEVICE", description = "Block device, such as /dev/sda.")
    @SuppressWarnings("NullAway.Init")
    private Path device;

    @CommandLine.Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @CommandLine.Option(names = "--swap", description = "Begin a new epoch after printing.")
    private boolean swap;

    @CommandLine.Option(
            names = "--granularity",
            paramLabel = "SIZE",
            description = "Print extents grown to multiples of this, not finer than what is tracked.")
    private @Nullable String granularity;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    /** What is printed as JSON. */
    record Printed(
            String device,
            long sizeBytes,
            int granularity,
            long epoch,
            long ageSeconds,
            boolean trusted,
            List<String> doubts,
            long bytes,
            List<Extent> extents) {}

    @Override
    public Integer call() throws TrackingException, IOException {
        TrackedDevice tracked = place.probe().probe(device);
        try (Tracker tracker = place.trackers().open(tracked)) {
            Granularity printed = printed(tracker);
            long epoch = tracker.epochNumber();
            long age = tracker.epochAge().toSeconds();
            Tracker.Epoch found = swap ? tracker.nextEpoch() : tracker.epoch();
            ExtentSet written = found.written().alignedTo(printed.bytes(), tracked.sizeBytes());
            print(new Printed(
                    device.toString(),
                    tracked.sizeBytes(),
                    printed.bytes(),
                    epoch,
                    age,
                    found.doubts().isEmpty(),
                    found.doubts(),
                    written.totalBytes(),
                    written.extents()));
            return found.doubts().isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        }
    }

    private Granularity printed(Tracker tracker) throws TrackingException {
        if (granularity == null) {
            return tracker.granularity();
        }
        Granularity wanted = Granularity.parse(granularity);
        if (wanted.bytes() < tracker.granularity().bytes()) {
            throw TrackingException.invalid(
                    "Extents of " + device + " cannot be printed in " + wanted.bytes() + " bytes.",
                    "it is tracked in granules of " + tracker.granularity().bytes() + " bytes",
                    "Stop tracking and start it with --granularity " + granularity + ".");
        }
        return wanted;
    }

    private void print(Printed printed) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(ProtocolCodec.write(printed));
        } else {
            printed.extents().forEach(extent -> out.println(extent.offset() + " " + extent.length()));
        }
        out.flush();
        if (!printed.trusted()) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("The extents of " + device + " may be incomplete: " + String.join("; ", printed.doubts())
                    + ". Compare the whole device, then begin a new epoch with --swap.");
            err.flush();
        }
    }
}
