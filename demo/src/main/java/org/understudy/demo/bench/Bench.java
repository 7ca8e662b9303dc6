package org.understudy.demo.bench;

import org.understudy.core.problem.ProblemException;
import org.understudy.demo.bench.agent.AgentBench;
import org.understudy.demo.bench.agent.OverheadBench;
import org.understudy.demo.bench.continuous.ContinuousBench;
import org.understudy.demo.bench.iscsi.IscsiBench;
import org.understudy.demo.bench.takeover.TakeoverBench;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code ./understudy bench}: the command line of the benchmarks. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            IscsiBench.class,
            TakeoverBench.class,
            AgentBench.class,
            ContinuousBench.class,
            OverheadBench.class
        },
        description = "Measures beside peers in the same run, on a machine that should be quiet.")
public final class Bench {

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Bench())
                .setExecutionExceptionHandler((failure, line, parsed) -> explain(failure))
                .execute(arguments));
    }

    private static int explain(Exception failure) {
        System.err.println("\nThe benchmark failed: "
                + (failure instanceof ProblemException problem
                        ? problem.problem().english()
                        : failure.toString()));
        if (!(failure instanceof ProblemException)) {
            failure.printStackTrace(System.err);
        }
        return 1;
    }
}
