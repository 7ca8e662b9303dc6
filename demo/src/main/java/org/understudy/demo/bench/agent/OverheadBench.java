package org.understudy.demo.bench.agent;

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.tracking.DeviceProbe;
import org.understudy.agent.linux.tracking.Granularity;
import org.understudy.agent.linux.tracking.TrackedDevice;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.demo.Cleanup;
import org.understudy.demo.bench.Median;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code bench agent overhead}: what tracking costs those who write. fio writes 4 KiB pieces at random to a disk in memory, where nothing
 * hides the cost, with tracking and without in turns.
 */
@CommandLine.Command(
        name = "overhead",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "fio's random writes to a disk in memory, with change tracking and without in turns.")
public final class OverheadBench implements Callable<Integer> {

    private static final long DISK_BYTES = 1L << 30;
    private static final int RESAMPLES = 10_000;
    private static final long SEED = 20261120;

    /** USER_HZ, which is 100 on every Linux that Java runs on. */
    private static final long TICKS_PER_SECOND = 100;

    @Option(names = "--json", paramLabel = "FILE", description = "write the measured figures")
    private @Nullable Path json;

    @Option(names = "--rounds", defaultValue = "20", description = "pairs of runs (default ${DEFAULT-VALUE})")
    private int rounds = 20;

    @Option(names = "--seconds", defaultValue = "2", description = "seconds of a run (default ${DEFAULT-VALUE})")
    private int seconds = 2;

    @Option(names = "--granularity", defaultValue = "4K", description = "of the tracker (default ${DEFAULT-VALUE})")
    private String granularity = "4K";

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private final PrintStream out = System.out;

    /**
     * A ratio with its interval of 95 % (bootstrap over the pairs).
     *
     * @param low the ratio is above this
     * @param high and below this
     */
    public record Ratio(double ratio, double low, double high) {}

    /**
     * What was found.
     *
     * @param iopsOff median writes a second without tracking
     * @param iopsOn median writes a second with it
     * @param iops writes a second with tracking by those without, geometric mean over the pairs
     * @param cpu processor time for each write likewise, of the whole machine's busy time
     */
    public record Figures(
            int rounds, int seconds, int granularity, double iopsOff, double iopsOn, Ratio iops, Ratio cpu) {}

    /** One run of fio. */
    private record Run(double iops, double cpuMicros) {}

    @Override
    public Integer call() throws IOException {
        Figures figures = measure();
        print(figures);
        if (json != null) {
            String text = JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValueAsString(figures);
            Files.writeString(json, text + "\n", StandardCharsets.UTF_8);
        }
        return 0;
    }

    /** Needs root, fio, loop devices and eBPF; leaves nothing behind. */
    public Figures measure() throws IOException {
        Path work = Files.createTempDirectory(Path.of("/dev/shm"), "understudy-overhead-");
        try (Cleanup cleanup = Cleanup.alsoOnInterrupt()) {
            cleanup.register(() -> commands.run(Command.of("rm", "-rf", work.toString())));
            Path image = work.resolve("disk.img");
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.setLength(DISK_BYTES);
            }
            Path pins = Files.createDirectory(work.resolve("bpf"));
            commands.run(Command.of("mount", "-t", "bpf", "bpf", pins.toString()))
                    .orThrow();
            // Unmounting ends every tracker that is pinned there.
            cleanup.register(() -> commands.run(Command.of("umount", "--lazy", pins.toString())));
            Path device = Path.of(commands.run(Command.of("losetup", "--find", "--show", image.toString()))
                    .orThrow()
                    .output()
                    .strip());
            cleanup.register(() -> commands.run(Command.of("losetup", "--detach", device.toString())));
            DeviceProbe probe = new DeviceProbe(Path.of("/sys"), commands);
            return pairs(device, probe.probe(device), new Trackers(pins.resolve("trackers"), Path.of("/"), probe));
        } catch (TrackingException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private Figures pairs(Path device, TrackedDevice tracked, Trackers trackers) throws IOException, TrackingException {
        Granularity granule = Granularity.parse(granularity);
        List<Run> off = new ArrayList<>();
        List<Run> on = new ArrayList<>();
        // The first run fills the file below the device; it counts for nobody.
        fio(device);
        for (int round = 0; round < rounds; round++) {
            boolean onFirst = round % 2 == 1;
            for (int turn = 0; turn < 2; turn++) {
                if ((turn == 0) == onFirst) {
                    try (Tracker tracker = trackers.start(tracked, granule)) {
                        on.add(fio(device));
                        if (tracker.epoch().written().isEmpty()) {
                            throw new IOException("tracking saw nothing of what fio wrote");
                        }
                    } finally {
                        trackers.stop(tracked.name());
                    }
                } else {
                    off.add(fio(device));
                }
            }
        }
        double[] iops = new double[rounds];
        double[] cpu = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            iops[i] = Math.log(on.get(i).iops() / off.get(i).iops());
            cpu[i] = Math.log(on.get(i).cpuMicros() / off.get(i).cpuMicros());
        }
        return new Figures(
                rounds,
                seconds,
                granule.bytes(),
                Median.of(off, Run::iops),
                Median.of(on, Run::iops),
                ratio(iops),
                ratio(cpu));
    }

    private Run fio(Path device) throws IOException {
        Duration before = busy();
        String printed = commands.run(Command.of(
                                "fio",
                                "--name=overhead",
                                "--filename=" + device,
                                "--rw=randwrite",
                                "--bs=4k",
                                "--ioengine=libaio",
                                "--direct=1",
                                "--iodepth=32",
                                "--randrepeat=1",
                                "--norandommap",
                                "--time_based",
                                "--runtime=" + seconds,
                                "--output-format=json")
                        .withStallLimit(Duration.ofSeconds(seconds + 60L)))
                .orThrow()
                .output();
        Duration used = busy().minus(before);
        JsonNode write =
                JsonMapper.shared().readTree(printed).get("jobs").get(0).get("write");
        double writes = write.get("total_ios").asDouble();
        return new Run(write.get("iops").asDouble(), used.toNanos() / 1000.0 / writes);
    }

    /** Time that all processors of the machine were busy; source: proc(5), {@code /proc/stat}. */
    private static Duration busy() throws IOException {
        String[] ticks =
                Files.readAllLines(Path.of("/proc/stat")).get(0).strip().split(" +", -1);
        long busy = 0;
        // user, nice, system, (idle, iowait,) irq, softirq
        for (int field : new int[] {1, 2, 3, 6, 7}) {
            busy += Long.parseLong(ticks[field]);
        }
        return Duration.ofMillis(busy * 1000 / TICKS_PER_SECOND);
    }

    /** Geometric mean, and its interval by drawing as many pairs again and again. */
    private static Ratio ratio(double[] logarithms) {
        Random random = new Random(SEED);
        double[] means = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            double sum = 0;
            for (int j = 0; j < logarithms.length; j++) {
                sum += logarithms[random.nextInt(logarithms.length)];
            }
            means[i] = sum / logarithms.length;
        }
        Arrays.sort(means);
        return new Ratio(
                Math.exp(Arrays.stream(logarithms).average().orElseThrow()),
                Math.exp(means[(int) (RESAMPLES * 0.025)]),
                Math.exp(means[(int) (RESAMPLES * 0.975)]));
    }

    private void print(Figures figures) {
        out.printf(
                Locale.ROOT,
                "Random writes of 4 KiB, depth 32, disk in memory, %d pairs of %d s, granules of %d bytes%n",
                figures.rounds(),
                figures.seconds(),
                figures.granularity());
        out.printf(Locale.ROOT, "  without tracking %,.0f writes/s, with %,.0f%n", figures.iopsOff(), figures.iopsOn());
        out.printf(
                Locale.ROOT,
                "  writes/s with by without: %.3f (95 %%: %.3f to %.3f)%n",
                figures.iops().ratio(),
                figures.iops().low(),
                figures.iops().high());
        out.printf(
                Locale.ROOT,
                "  processor time for each write: %.3f (95 %%: %.3f to %.3f)%n",
                figures.cpu().ratio(),
                figures.cpu().low(),
                figures.cpu().high());
    }
}
