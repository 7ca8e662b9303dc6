package org.understudy.agent.linux;

import java.io.PrintWriter;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.problem.ProblemException;
import picocli.CommandLine;

/** The agent's command line. Exit status: 0 done, 1 failed with an explanation, 2 wrong usage. */
@CommandLine.Command(
        name = "understudy-agent",
        description = "Protects the disks of this host with an Understudy appliance.",
        mixinStandardHelpOptions = true,
        versionProvider = AgentVersion.class,
        subcommands = {
            EnrolCommand.class,
            RunCommand.class,
            StatusCommand.class,
            BackupNowCommand.class,
            DisksCommand.class,
            TrackerCommand.class,
            SelftestCommand.class
        })
public final class AgentCommand implements Runnable {

    static final String DEFAULT_STATE = "/var/lib/understudy-agent";

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(RunCommand.isPlain(arguments) ? runPlain(arguments) : execute(arguments));
    }

    private static int runPlain(String... arguments) {
        try {
            RunCommand.servePlain(arguments);
            return 0;
        } catch (ProblemException e) {
            System.err.println(e.problem().english());
            return 1;
        }
    }

    static int execute(String... arguments) {
        return new CommandLine(new AgentCommand())
                .setExecutionExceptionHandler((failure, line, parsed) -> explain(failure, line))
                .execute(arguments);
    }

    private static int explain(Exception failure, CommandLine line) throws Exception {
        if (failure instanceof ProblemException problem) {
            PrintWriter err = line.getErr();
            err.println(problem.problem().english());
            err.flush();
            return CommandLine.ExitCode.SOFTWARE;
        }
        if (failure instanceof TrackingException tracking) {
            PrintWriter err = line.getErr();
            err.println(tracking.getMessage());
            err.flush();
            return CommandLine.ExitCode.SOFTWARE;
        }
        throw failure;
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do.");
    }
}
