package org.understudy.demo.bench.continuous;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.demo.Cleanup;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./understudy bench continuous}: PostgreSQL under load on a disk that gets a point every five seconds. */
@picocli.CommandLine.Command(
        name = "continuous",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "A database under load with a point every few seconds: age of the data, cost, and whether points open.")
public final class ContinuousBench implements Callable<Integer> {

    @Option(names = "--json", paramLabel = "FILE", description = "write the measured figures")
    private @Nullable Path json;

    @Option(
            names = "--minutes",
            defaultValue = "15",
            description = "how long points are made under steady load (default ${DEFAULT-VALUE})")
    private double minutes;

    @Option(
            names = "--rate",
            defaultValue = "250",
            description = "transactions per second of the steady load (default ${DEFAULT-VALUE})")
    private int rate;

    @Option(
            names = "--turns",
            defaultValue = "6",
            description =
                    "turns of full load with, and as many without protection; 0 leaves them out (default ${DEFAULT-VALUE})")
    private int turns;

    @Option(names = "--turn-seconds", defaultValue = "30", description = "length of a turn (default ${DEFAULT-VALUE})")
    private int turnSeconds;

    @Option(
            names = "--scale",
            defaultValue = "20",
            description = "size of the database, 15 MB each (default ${DEFAULT-VALUE})")
    private int scale;

    @Option(
            names = "--agent-package",
            paramLabel = "FILE",
            description =
                    "the .deb of the agent, to be measured as on a host that has it; else the agent of the checkout")
    private @Nullable Path agentPackage;

    @Option(
            names = "--appliance",
            paramLabel = "DIR",
            description = "where the appliance keeps its data, on another disk than the database's, such as /dev/shm;"
                    + " else both share one disk, as they never do in life")
    private @Nullable Path appliance;

    private final CommandRunner commands = new ProcessCommandRunner();
    private final PrintStream out = System.out;

    @Override
    public Integer call() throws Exception {
        if (!(minutes >= 0.5) || rate < 1 || turns < 0 || turnSeconds < 5 || scale < 1) {
            throw new IllegalArgumentException("--minutes must be at least 0.5, --rate and --scale at least 1,"
                    + " --turns at least 0, --turn-seconds at least 5");
        }
        Path home = Path.of(System.getProperty("understudy.home"));
        Path work = Path.of(System.getProperty("understudy.work"));
        Cleanup cleanup = Cleanup.alsoOnInterrupt();
        try {
            ContinuousFigures figures = new ContinuousRun(
                            commands,
                            cleanup,
                            home,
                            work,
                            out,
                            minutes,
                            rate,
                            turns,
                            turnSeconds,
                            scale,
                            agentPackage,
                            appliance)
                    .run();
            print(figures);
            write(figures);
            return figures.goals().stream().allMatch(ContinuousFigures.Goal::met) ? 0 : 3;
        } finally {
            cleanup.close();
        }
    }

    private void print(ContinuousFigures figures) {
        out.printf(
                Locale.ROOT,
                "%n%d points in %.1f minutes; %.0f transactions/s, %.1f MB/s written, %.1f MB/s sent%n",
                figures.age().points(),
                figures.minutes(),
                figures.load().transactionsPerSecond(),
                figures.load().writtenBytesPerSecond() / 1e6,
                figures.load().sentBytesPerSecond() / 1e6);
        out.printf(
                Locale.ROOT,
                "a cycle takes %.2f s (p95 %.2f, worst %.2f):",
                figures.cycles().p50(),
                figures.cycles().p95(),
                figures.cycles().worst());
        figures.cycles().steps().forEach(step -> out.printf(Locale.ROOT, " %s %.3f", step.state(), step.seconds()));
        out.printf(
                Locale.ROOT,
                "%nage p50 %.2f s, p99 %.2f s, worst %.2f s; %d overlaps; server %.1f %% of a processor%n",
                figures.age().p50(),
                figures.age().p99(),
                figures.age().worst(),
                figures.age().overlaps(),
                figures.footprint().serverProcessors() * 100);
        ContinuousFigures.Freezes freezes = figures.freezes();
        out.printf(
                Locale.ROOT,
                "%d freezes: p50 %.3f s, p99 %.3f s, worst %.3f s; medians: call %.3f, marks %.3f, reading %.3f (used space"
                        + " %.3f) of %d KiB%n",
                freezes.count(),
                freezes.p50(),
                freezes.p99(),
                freezes.worst(),
                freezes.call(),
                freezes.marks(),
                freezes.reading(),
                freezes.usedSpace(),
                freezes.frozenBytes() >> 10);
        out.printf(
                Locale.ROOT,
                "before each: %d rounds with %d KiB, %d syncs in %.3f s (p99 %.3f)%n",
                freezes.rounds(),
                freezes.roundBytes() >> 10,
                freezes.syncs(),
                freezes.syncing(),
                freezes.syncingP99());
        out.printf(
                Locale.ROOT,
                "a transaction took p50 %.4f s, p99 %.4f s, worst %.3f s%n",
                figures.load().latencyP50(),
                figures.load().latencyP99(),
                figures.load().latencyWorst());
        ContinuousFigures.Footprint footprint = figures.footprint();
        out.printf(
                Locale.ROOT,
                "agent and watchdog: %.1f MB idle, %.1f MB at most; resident: agent %.1f and %.1f MB, watchdog %.1f MB%n",
                footprint.idle() / 1e6,
                footprint.running() / 1e6,
                footprint.idleResident() / 1e6,
                footprint.runningResident() / 1e6,
                footprint.watchdogResident() / 1e6);
        out.printf(
                "%d points opened, %d of them good%n",
                figures.opened().size(),
                figures.opened().stream().filter(PointOpening.Opened::good).count());
        for (ContinuousFigures.Goal goal : figures.goals()) {
            out.printf(
                    Locale.ROOT,
                    "  %-48s %10.3f  (goal %.3f)  %s%n",
                    goal.name(),
                    goal.value(),
                    goal.limit(),
                    goal.met() ? "met" : "NOT MET");
        }
    }

    private void write(ContinuousFigures figures) throws IOException {
        if (json != null) {
            String text = JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValueAsString(figures);
            Files.writeString(json, text + "\n", StandardCharsets.UTF_8);
        }
    }
}
