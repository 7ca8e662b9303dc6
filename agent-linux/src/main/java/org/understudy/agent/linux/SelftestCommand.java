package org.understudy.agent.linux;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.linux.tracking.TrackingException;
import picocli.CommandLine;

/** {@code selftest}: proves that this kernel's writes can be tracked. */
@CommandLine.Command(
        name = "selftest",
        description = "Prove on a scratch loop device that writes are tracked on this host.",
        mixinStandardHelpOptions = true)
final class SelftestCommand implements Callable<Integer> {

    @CommandLine.Mixin
    private TrackerCommand.Place place = new TrackerCommand.Place();

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws TrackingException {
        Trackers trackers = place.trackers();
        trackers.mountPins();
        PrintWriter out = spec.commandLine().getOut();
        place.selfTest(trackers).run().forEach(proof -> out.println("proven: " + proof));
        out.println("Changes can be tracked on this host.");
        out.flush();
        return CommandLine.ExitCode.OK;
    }
}
