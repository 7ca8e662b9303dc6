package org.understudy.agent.linux;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.agent.service.OwnHostClient;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.state.StateDirectory.Glance;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.OwnHost;
import org.understudy.core.protocol.ProtocolCodec;
import picocli.CommandLine;

/**
 * {@code status}: what the state directory tells, what the appliance says of this host, and what is tracked. Exit status 1 if the
 * agent does not run or the appliance does not hear it.
 */
@CommandLine.Command(
        name = "status",
        description = "Say whether this host is enrolled, whether its appliance hears it, and how its last run ended.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    @CommandLine.Mixin
    private StateOption state = new StateOption();

    @CommandLine.Mixin
    private TrackerCommand.Place place = new TrackerCommand.Place();

    @CommandLine.Option(names = "--offline", description = "Do not ask the appliance.")
    private boolean offline;

    @CommandLine.Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    /**
     * What is printed.
     *
     * @param devices device files that are offered; empty for all disks
     * @param bases points of which digests are kept here
     * @param tracked kernel names of the devices that have a tracker; null if this user or this host cannot tell
     * @param host what the appliance says; null if it was not asked or did not answer
     * @param trouble why the appliance did not answer
     */
    record Printed(
            String version,
            String appliance,
            String hostId,
            List<String> devices,
            boolean running,
            List<String> bases,
            @Nullable List<String> tracked,
            OwnHost.@Nullable Status host,
            @Nullable String trouble) {

        boolean isWell() {
            return running && trouble == null && (host == null || host.connected());
        }
    }

    @Override
    public Integer call() {
        Identity identity = state.identity();
        Glance glance = StateDirectory.glance(state.directory());
        OwnHost.Status host = null;
        String trouble = null;
        if (!offline) {
            try {
                host = new OwnHostClient(state.directory(), identity).status();
            } catch (ProblemException e) {
                trouble = e.problem().english();
            }
        }
        Printed printed = new Printed(
                AgentVersion.current(),
                identity.server(),
                identity.hostId(),
                identity.devices(),
                glance.inUse(),
                glance.bases(),
                tracked(),
                host,
                trouble);
        print(printed);
        return printed.isWell() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private @Nullable List<String> tracked() {
        try {
            return place.trackers().names();
        } catch (TrackingException e) {
            // Status is not about why trackers cannot be listed; tracker status is.
            return null;
        }
    }

    private void print(Printed printed) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(ProtocolCodec.write(printed));
        } else {
            lines(printed).forEach(out::println);
        }
        out.flush();
        String trouble = printed.trouble();
        if (trouble != null && !json) {
            PrintWriter err = spec.commandLine().getErr();
            err.println(trouble);
            err.flush();
        }
    }

    private static List<String> lines(Printed printed) {
        List<String> lines = new ArrayList<>();
        lines.add("version    " + printed.version());
        lines.add("appliance  " + printed.appliance());
        OwnHost.Status host = printed.host();
        lines.add("host       " + printed.hostId() + (host == null ? "" : ", " + host.name()));
        lines.add("devices    " + (printed.devices().isEmpty() ? "all" : String.join(" ", printed.devices())));
        lines.add("agent      " + (printed.running() ? "running" : "not running") + connection(printed, host));
        List<String> tracked = printed.tracked();
        if (tracked != null) {
            lines.add("tracked    " + (tracked.isEmpty() ? "nothing" : String.join(" ", tracked)));
        }
        lines.add("base       " + (printed.bases().isEmpty() ? "none" : String.join(" ", printed.bases())));
        if (host != null) {
            OwnHost.Run run = host.lastRun();
            lines.add("last run   " + (run == null ? "none" : ofRun(run)));
            String offered = host.offeredVersion();
            if (offered != null && !offered.equals(printed.version())) {
                lines.add("package    " + offered + " is offered by the appliance");
            }
        }
        return lines;
    }

    private static String connection(Printed printed, OwnHost.@Nullable Status host) {
        if (host == null) {
            return printed.trouble() == null ? "" : ", the appliance does not answer";
        }
        return host.connected() ? ", connected" : ", not connected";
    }

    private static String ofRun(OwnHost.Run run) {
        if (run.code() == null) {
            String point = run.point();
            return run.startedAt() + " " + run.state() + (point == null ? "" : ", point " + point);
        }
        return run.startedAt() + " " + run.state() + ": "
                + new Problem(run.code(), run.values(), null).summary(java.util.Locale.ENGLISH);
    }
}
