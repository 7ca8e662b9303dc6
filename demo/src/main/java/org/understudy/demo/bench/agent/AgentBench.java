package org.understudy.demo.bench.agent;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.demo.Cleanup;
import org.understudy.demo.process.EmbeddedAppliance;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./understudy bench agent}: a tracked increment beside hash comparison, restic and borg on the same device, in turns. */
@picocli.CommandLine.Command(
        name = "agent",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Increments of a live disk with change tracking, beside hash comparison, restic and borg.")
public final class AgentBench implements Callable<Integer> {

    private static final long SEED = 20261120;

    @Option(names = "--json", paramLabel = "FILE", description = "write the measured figures")
    private @Nullable Path json;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "increments that count, after one that does not (default ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--gibibytes",
            defaultValue = "8",
            description = "data on the disk; about five times as much space is needed (default ${DEFAULT-VALUE})")
    private int gibibytes;

    @Option(
            names = "--percent",
            defaultValue = "1",
            description = "part of the data that is overwritten before each round (default ${DEFAULT-VALUE})")
    private double percent;

    private final CommandRunner commands = new ProcessCommandRunner();
    private final PrintStream out = System.out;

    @Override
    public Integer call() throws Exception {
        if (rounds < 1 || gibibytes < 1 || !(percent > 0 && percent <= 100)) {
            throw new IllegalArgumentException(
                    "--rounds and --gibibytes must be at least 1, --percent above 0 and at most 100");
        }
        Path home = Path.of(System.getProperty("understudy.home"));
        Path work = Path.of(System.getProperty("understudy.work"));
        Cleanup cleanup = Cleanup.alsoOnInterrupt();
        try {
            AgentFigures figures = measure(cleanup, home, work);
            print(figures);
            write(figures);
            return figures.comparisons().stream().allMatch(AgentFigures.Comparison::met) ? 0 : 3;
        } finally {
            cleanup.close();
        }
    }

    private AgentFigures measure(Cleanup cleanup, Path home, Path work) throws Exception {
        out.printf("Making a disk with %d GiB of data ...%n", gibibytes);
        SourceDisk source = cleanup.register(SourceDisk.make(commands, work, (long) gibibytes << 30, SEED));
        EmbeddedAppliance appliance = EmbeddedAppliance.start(commands, cleanup, home, work, List.of());
        Path pins = mountPins(cleanup, work);
        List<Contender> contenders = new ArrayList<>(UnderstudyContender.both(appliance, source, pins));
        contenders.add(ResticContender.make(commands, source, work));
        contenders.add(BorgContender.make(commands, source, work));
        List<Course> courses = new ArrayList<>();
        for (Contender contender : contenders) {
            source.forgetCaches();
            Contender.Sample sample = contender.first();
            courses.add(new Course(contender, sample, new ArrayList<>()));
            tell("first", contender, sample);
        }
        Course compared = courses.get(1);
        List<Course> others = List.of(courses.get(0), courses.get(2), courses.get(3));
        source.change(percent / 100);
        for (int round = 0; round <= rounds; round++) {
            for (int i = 0; i < others.size(); i++) {
                // Who begins changes with every round, so that slow moments of the machine hit all.
                take(others.get((i + round) % others.size()), source, round);
            }
            // Tracked and compared increments belong to one series of points, so each needs changes of its own. They
            // are made to the same
            // pieces as the next round's: everybody finds the same amount.
            source.change(percent / 100);
            take(compared, source, round);
            source.changeAgain();
        }
        List<AgentFigures.Side> sides = courses.stream()
                .map(course -> AgentFigures.side(course.contender().name(), course.first(), course.increments()))
                .toList();
        AgentFigures.Side tracked = sides.get(0);
        return new AgentFigures(
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors(),
                SEED,
                source.bytes(),
                percent / 100,
                rounds,
                sides,
                sides.stream()
                        .skip(1)
                        .map(other -> AgentFigures.compare(tracked, other))
                        .toList());
    }

    private void take(Course course, SourceDisk source, int round) throws IOException, InterruptedException {
        source.forgetCaches();
        Contender.Sample sample = course.contender().increment();
        tell(round == 0 ? "warm-up" : "round " + round, course.contender(), sample);
        if (round > 0) {
            course.increments().add(sample);
        }
    }

    /** What one contender has done so far. */
    private record Course(Contender contender, Contender.Sample first, List<Contender.Sample> increments) {}

    /** A bpffs of our own: unmounting it ends the tracker, whatever happened before. */
    private Path mountPins(Cleanup cleanup, Path work) throws IOException {
        Path mount = Files.createDirectories(work.resolve("bpf"));
        commands.run(Command.of("mount", "-t", "bpf", "bpf", mount.toString())).orThrow();
        cleanup.register(() -> commands.run(Command.of("umount", "--lazy", mount.toString())));
        return mount.resolve("trackers");
    }

    private void tell(String when, Contender contender, Contender.Sample sample) {
        out.printf(
                Locale.ROOT,
                "%-8s %-9s %8.2f s, CPU %7.2f s, read %8.1f MiB, stored %8.1f MiB%n",
                when,
                contender.name(),
                sample.seconds(),
                sample.cpuSeconds(),
                sample.readBytes() / 1048576.0,
                sample.storedBytes() / 1048576.0);
    }

    private void print(AgentFigures figures) {
        AgentFigures.Side tracked = figures.sides().get(0);
        out.printf(
                Locale.ROOT,
                "%n%.1f %% of %d GiB changed, medians of %d: tracked %.2f s, read %.1f MiB, sent %.1f MiB%n",
                percent,
                gibibytes,
                rounds,
                tracked.seconds(),
                tracked.readBytes() / 1048576.0,
                tracked.storedBytes() / 1048576.0);
        for (AgentFigures.Comparison comparison : figures.comparisons()) {
            out.printf(
                    Locale.ROOT,
                    "  against %-9s %6.1f times faster (goal %.0f), %6.1f times fewer bytes read  %s%n",
                    comparison.against(),
                    comparison.times(),
                    comparison.goal(),
                    comparison.readTimes(),
                    comparison.met() ? "met" : "NOT MET");
        }
    }

    private void write(AgentFigures figures) throws IOException {
        if (json != null) {
            String text = JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValueAsString(figures);
            Files.writeString(json, text + "\n", StandardCharsets.UTF_8);
        }
    }
}
