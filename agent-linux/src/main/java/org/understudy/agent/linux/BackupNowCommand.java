package org.understudy.agent.linux;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.understudy.agent.service.OwnHostClient;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.OwnHost;
import picocli.CommandLine;

/**
 * {@code backup-now}: asks the appliance for a run of this host and follows it to its end. The appliance decides; it also
 * limits how often a host may ask. Exit status 1 if the run fails.
 */
@CommandLine.Command(
        name = "backup-now",
        description = "Ask the appliance to back this host up now, and show how that goes.",
        mixinStandardHelpOptions = true)
final class BackupNowCommand implements Callable<Integer> {

    private static final long POLL_MILLIS = 1000;
    /** Questions in a row that may go unanswered, for an appliance that is restarted. */
    private static final int PATIENCE = 30;

    @CommandLine.Mixin
    private StateOption state = new StateOption();

    @CommandLine.Option(names = "--no-wait", description = "Do not wait for the end of the run.")
    private boolean noWait;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        OwnHostClient appliance = new OwnHostClient(state.directory(), state.identity());
        OwnHost.Run run = appliance.start();
        say("Run " + run.id() + " has begun.");
        if (noWait) {
            return CommandLine.ExitCode.OK;
        }
        String shown = "";
        while (!run.ended()) {
            String now = progress(run);
            if (!now.equals(shown)) {
                say(now);
                shown = now;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            run = ask(appliance, run.id());
        }
        return end(run);
    }

    private static OwnHost.Run ask(OwnHostClient appliance, String run) throws InterruptedException {
        for (int silent = 1; ; silent++) {
            try {
                return appliance.run(run);
            } catch (ProblemException e) {
                if (!e.problem().isTransient() || silent == PATIENCE) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        }
    }

    private static String progress(OwnHost.Run run) {
        if (run.totalBytes() == 0 || run.pass() == 0) {
            return run.state();
        }
        return run.state() + ", pass " + run.pass() + ": " + 100 * run.doneBytes() / run.totalBytes() + " %, "
                + (run.sentBytes() >> 20) + " MiB sent";
    }

    private int end(OwnHost.Run run) {
        if (run.code() == null && run.point() != null) {
            say("Point " + run.point() + " is made; " + (run.sentBytes() >> 20) + " MiB were sent.");
            return CommandLine.ExitCode.OK;
        }
        PrintWriter err = spec.commandLine().getErr();
        err.println("The run ended as " + run.state() + "."
                + (run.code() == null ? "" : " " + new Problem(run.code(), run.values(), run.details()).english()));
        err.flush();
        return CommandLine.ExitCode.SOFTWARE;
    }

    private void say(String text) {
        spec.commandLine().getOut().println(text);
        spec.commandLine().getOut().flush();
    }
}
