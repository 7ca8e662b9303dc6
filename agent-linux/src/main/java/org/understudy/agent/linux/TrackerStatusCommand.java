package org.understudy.agent.linux;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.TrackerFigures;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.protocol.ProtocolCodec;
import picocli.CommandLine;

/** {@code tracker status}: whether devices are tracked, whether the marks can be believed, and what it costs. */
@CommandLine.Command(
        name = "status",
        description = "Say whether a device is tracked and whether its marks can be believed.",
        mixinStandardHelpOptions = true)
final class TrackerStatusCommand implements Callable<Integer> {

    @CommandLine.Mixin
    private TrackerCommand.Place place = new TrackerCommand.Place();

    @CommandLine.Parameters(arity = "0..1", paramLabel = "DEVICE", description = "Block device; all if none is named.")
    private @Nullable Path device;

    @CommandLine.Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    /** What is printed for a device; figures are missing if the tracker cannot be used. */
    record Printed(
            String device,
            boolean trusted,
            List<String> doubts,
            int granularity,
            long epoch,
            long ageSeconds,
            @Nullable TrackerFigures figures) {}

    @Override
    public Integer call() throws TrackingException, IOException {
        Trackers trackers = place.trackers();
        List<Path> devices = new ArrayList<>();
        Path one = device;
        if (one != null) {
            devices.add(one);
        } else {
            for (String name : trackers.names()) {
                devices.add(Path.of("/dev", name.replace('!', '/')));
            }
        }
        List<Printed> found = new ArrayList<>();
        for (Path file : devices) {
            found.add(look(trackers, file, one != null));
        }
        print(found);
        return found.stream().allMatch(Printed::trusted) ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private Printed look(Trackers trackers, Path file, boolean named) throws TrackingException, IOException {
        try (Tracker tracker = trackers.open(place.probe().probe(file))) {
            List<String> doubts = tracker.doubtsOfEpoch();
            return new Printed(
                    file.toString(),
                    doubts.isEmpty(),
                    doubts,
                    tracker.granularity().bytes(),
                    tracker.epochNumber(),
                    tracker.epochAge().toSeconds(),
                    tracker.figures());
        } catch (TrackingException e) {
            if (named) {
                throw e;
            }
            return new Printed(file.toString(), false, List.of(e.reason()), 0, 0, 0, null);
        }
    }

    private void print(List<Printed> found) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(ProtocolCodec.write(found));
        } else if (found.isEmpty()) {
            out.println("Nothing is tracked.");
        }
        for (Printed one : json ? List.<Printed>of() : found) {
            out.println("device       " + one.device());
            out.println("marks        "
                    + (one.trusted() ? "complete" : "NOT to be believed: " + String.join("; ", one.doubts())));
            TrackerFigures figures = one.figures();
            if (figures != null) {
                out.println("granularity  " + one.granularity() + " bytes, as " + figures.form());
                out.println("epoch        " + one.epoch() + ", for " + one.ageSeconds() + " s");
                out.println("seen         " + figures.queueMarks() + " submissions, " + figures.completeMarks()
                        + " completions");
                out.println("counters     overflow " + figures.overflow() + ", passthrough " + figures.passthrough()
                        + ", unknown commands " + figures.unknownCommands() + ", skipped "
                        + figures.queueMisses() + " and " + figures.completeMisses() + ", without range "
                        + figures.unkeyed() + ", taken in flight "
                        + figures.takenInFlight() + ", reused " + figures.reused());
                out.println("memory       " + figures.memoryBytes() + " bytes in the kernel");
            }
        }
        out.flush();
    }
}
