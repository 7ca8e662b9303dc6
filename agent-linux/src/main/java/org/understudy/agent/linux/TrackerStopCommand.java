package org.understudy.agent.linux;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.linux.tracking.TrackingException;
import picocli.CommandLine;

/** {@code tracker stop}: removes the programs and maps of one device, or of all. */
@CommandLine.Command(
        name = "stop",
        description = "Stop tracking; what was tracked is forgotten.",
        mixinStandardHelpOptions = true)
final class TrackerStopCommand implements Callable<Integer> {

    @CommandLine.Mixin
    private TrackerCommand.Place place = new TrackerCommand.Place();

    @CommandLine.Parameters(
            arity = "0..1",
            paramLabel = "DEVICE",
            description = "Block device; it may be gone already.")
    private @Nullable Path device;

    @CommandLine.Option(names = "--all", description = "All devices.")
    private boolean all;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws TrackingException {
        Path one = device;
        if (all == (one != null)) {
            throw new CommandLine.ParameterException(spec.commandLine(), "Name a device, or give --all.");
        }
        Trackers trackers = place.trackers();
        List<String> names = new ArrayList<>();
        if (one == null) {
            names.addAll(trackers.names());
        } else {
            names.add(place.nameOf(one));
        }
        PrintWriter out = spec.commandLine().getOut();
        for (String name : names) {
            if (!trackers.stop(name)) {
                throw TrackingException.notTracked(name);
            }
            out.println("Stopped tracking " + name + ".");
        }
        out.flush();
        return CommandLine.ExitCode.OK;
    }
}
