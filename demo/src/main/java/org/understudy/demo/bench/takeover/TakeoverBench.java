package org.understudy.demo.bench.takeover;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.demo.Cleanup;
import org.understudy.demo.machine.DiskImage;
import org.understudy.demo.machine.LoopDisk;
import org.understudy.demo.process.Await;
import org.understudy.demo.process.EmbeddedAppliance;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./understudy bench takeover}: request to running and to the first answer, beside a direct start, in turns. */
@picocli.CommandLine.Command(
        name = "takeover",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Takeovers of small and very large disks beside starts of the same image by libvirt alone.")
public final class TakeoverBench implements Callable<Integer> {

    private static final long MEMORY_BYTES = 256L << 20;
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(10);

    @Option(names = "--json", paramLabel = "FILE", description = "write the measured figures")
    private @Nullable Path json;

    @Option(
            names = "--rounds",
            defaultValue = "10",
            description = "starts of each kind for each disk (default ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--sizes",
            split = ",",
            defaultValue = "256M,20G,1T",
            description = "sizes of the sparse disks (default ${DEFAULT-VALUE})")
    private List<String> sizes = List.of();

    private final CommandRunner commands = new ProcessCommandRunner();
    private final PrintStream out = System.out;

    @Override
    public Integer call() throws Exception {
        if (rounds < 1) {
            throw new IllegalArgumentException("--rounds must be at least 1");
        }
        Path home = Path.of(System.getProperty("understudy.home"));
        Path work = Path.of(System.getProperty("understudy.work"));
        Cleanup cleanup = Cleanup.alsoOnInterrupt();
        try {
            EmbeddedAppliance appliance = EmbeddedAppliance.start(commands, cleanup, home, work, List.of());
            List<TakeoverFigures.Disk> disks = new ArrayList<>();
            for (String size : sizes) {
                disks.add(measure(appliance, cleanup, home, work, size));
            }
            TakeoverFigures figures = new TakeoverFigures(
                    System.getProperty("java.version"),
                    Runtime.getRuntime().availableProcessors(),
                    appliance.api().get("appliance").get("acceleration").asString(),
                    rounds,
                    disks);
            write(figures);
            return disks.stream().allMatch(TakeoverFigures.Disk::met) ? 0 : 3;
        } finally {
            cleanup.close();
        }
    }

    private TakeoverFigures.Disk measure(
            EmbeddedAppliance appliance, Cleanup cleanup, Path home, Path work, String size) throws Exception {
        String name = "disk-" + size.toLowerCase(Locale.ROOT);
        Path image = work.resolve(name + ".raw");
        DiskImage.make(commands, home, image, Map.of("HOST_NAME", name, "SIZE", size));
        long diskBytes = Files.size(image);
        LoopDisk disk = cleanup.register(LoopDisk.attach(commands, image));
        String host = appliance.enrol(name, disk.device());
        String point = appliance.backUp(host).get("pointId").asString();

        // The first of each kind finds libvirt and the caches cold and does not count.
        String first = take(appliance, point);
        DirectStart direct = DirectStart.like(commands, appliance.data(), work);
        appliance.discard(first);
        direct.run();

        List<TakeoverFigures.Start> takeovers = new ArrayList<>();
        List<TakeoverFigures.Start> starts = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            if (round % 2 == 0) {
                takeovers.add(takeover(appliance, point));
                starts.add(direct.run());
            } else {
                starts.add(direct.run());
                takeovers.add(takeover(appliance, point));
            }
        }
        TakeoverFigures.Disk found = TakeoverFigures.disk(name, diskBytes, takeovers, starts);
        out.printf(
                Locale.ROOT,
                "%-10s running p50 %.2f s, p95 %.2f s (direct %.2f, %.2f; %+.2f of 1.0); answer p50 %.1f s, p95 %.1f s"
                        + " (direct %.1f, %.1f; %+.1f of 2.0) %s%n",
                name,
                found.takeoverRunning().p50(),
                found.takeoverRunning().p95(),
                found.directRunning().p50(),
                found.directRunning().p95(),
                found.runningExcess(),
                found.takeoverAnswer().p50(),
                found.takeoverAnswer().p95(),
                found.directAnswer().p50(),
                found.directAnswer().p95(),
                found.answerExcess(),
                found.met() ? "met" : "NOT MET");
        return found;
    }

    private static TakeoverFigures.Start takeover(EmbeddedAppliance appliance, String point) throws Exception {
        String id = take(appliance, point);
        JsonNode now = appliance.api().get("takeovers/" + id);
        TakeoverFigures.Start start = new TakeoverFigures.Start(
                now.get("secondsToRunning").asDouble(),
                now.get("probes").get(0).get("seconds").asDouble());
        appliance.discard(id);
        return start;
    }

    /** Starts a drill of the point and waits for its answer. */
    private static String take(EmbeddedAppliance appliance, String point) throws InterruptedException {
        String id = appliance
                .api()
                .post(
                        "takeovers",
                        Map.of(
                                "pointId",
                                point,
                                "mode",
                                "DRILL",
                                "cpus",
                                1,
                                "memoryBytes",
                                MEMORY_BYTES,
                                "probes",
                                List.of(Map.of("kind", "http", "port", 80, "path", "/"))))
                .get("id")
                .asString();
        Await.until("the machine to answer over HTTP", BOOT_LIMIT, () -> {
            JsonNode now = appliance.api().get("takeovers/" + id);
            if (now.get("state").asString().equals("FAILED")) {
                throw new IllegalStateException("the takeover failed: " + now.get("problem"));
            }
            JsonNode passed = now.get("probes").get(0).get("passed");
            return !passed.isNull() && passed.asBoolean();
        });
        return id;
    }

    private void write(TakeoverFigures figures) throws IOException {
        if (json != null) {
            String text = JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValueAsString(figures);
            Files.writeString(json, text + "\n", StandardCharsets.UTF_8);
        }
    }
}
