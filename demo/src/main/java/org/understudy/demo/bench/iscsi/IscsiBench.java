package org.understudy.demo.bench.iscsi;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.demo.Cleanup;
import org.understudy.demo.bench.iscsi.IscsiFigures.Comparison;
import org.understudy.demo.bench.iscsi.IscsiFigures.Side;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./understudy bench iscsi}: our target beside tgt, our initiator beside libiscsi, and both beside plain copying. */
@Command(
        name = "iscsi",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Our iSCSI target beside tgt (tuned), our initiator beside libiscsi, TLS beside plain, and plain copies.")
public final class IscsiBench implements Callable<Integer> {

    private static final int MEBIBYTE = 1 << 20;
    private static final int KIBIBYTE = 1 << 10;
    private static final double AS_FAST = 1.0;
    private static final double ALLOWED_CPU = 1.5;
    private static final double TLS_RATIO = 0.5;
    /** Encrypting is compiled late: its target is a new process. */
    private static final int TLS_WARM_UPS = 6;
    /** Smaller requests than this say more about waiting than about encrypting. */
    private static final int TLS_SMALLEST = 64 * KIBIBYTE;

    /** What a workload must reach beside tgt. */
    private record Goal(Workload workload, double ratio) {}

    private static final List<Goal> GOALS = List.of(
            new Goal(new Workload("sequential write 1 MiB, depth 4", true, MEBIBYTE, 4, 2048, false), 1.4),
            new Goal(new Workload("sequential read 1 MiB, depth 4", false, MEBIBYTE, 4, 4096, false), 1.4),
            new Goal(new Workload("random write 64 KiB, depth 8", true, 64 * KIBIBYTE, 8, 16_384, true), 1.2),
            new Goal(new Workload("random read 64 KiB, depth 8", false, 64 * KIBIBYTE, 8, 32_768, true), 1.2),
            new Goal(new Workload("random write 4 KiB, depth 32", true, 4 * KIBIBYTE, 32, 65_536, true), 1.0),
            new Goal(new Workload("random read 4 KiB, depth 32", false, 4 * KIBIBYTE, 32, 65_536, true), 1.0));

    @Option(names = "--json", paramLabel = "FILE", description = "write the measured figures")
    private @Nullable Path json;

    @Option(
            names = "--rounds",
            defaultValue = "7",
            description = "rounds of each workload for each side (default ${DEFAULT-VALUE}); medians count")
    private int rounds;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description = "where the disks lie (default: memory, /dev/shm, if it has room, else the work directory)")
    private @Nullable Path directory;

    @Option(
            names = "--only",
            split = ",",
            defaultValue = "target,initiator,tls,copy",
            description = "what to compare: target, initiator, tls, copy (default all)")
    private List<String> only = List.of();

    @Option(
            names = "--workload",
            defaultValue = "",
            paramLabel = "TEXT",
            description = "only workloads whose names contain it, such as 'write 64 KiB' (default all)")
    private String wanted = "";

    private static final long DISK_BYTES = 1L << 30;

    private final CommandRunner commands = new ProcessCommandRunner();
    private final PrintStream out = System.out;
    private final List<Comparison> comparisons = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        if (rounds < 1) {
            throw new IllegalArgumentException("--rounds must be at least 1");
        }
        if (goals().isEmpty()) {
            throw new IllegalArgumentException("no workload is called \"" + wanted + "\"; there are: "
                    + String.join(
                            "; ",
                            GOALS.stream().map(goal -> goal.workload().name()).toList()));
        }
        Path work = Path.of(System.getProperty("understudy.work"));
        Cleanup cleanup = Cleanup.alsoOnInterrupt();
        try {
            Path disks = disksDirectory(work);
            cleanup.register(() -> deleteDisks(disks));
            Path first = disk(disks, "understudy");
            Path second = disk(disks, "tgt");
            compareAll(new Targets(commands, cleanup, work), work, first, second);
            IscsiFigures figures = new IscsiFigures(
                    System.getProperty("java.version"),
                    Runtime.getRuntime().availableProcessors(),
                    directory == null ? disks.toString() : directory.toString(),
                    DISK_BYTES,
                    rounds,
                    comparisons);
            report(figures);
            return figures.comparisons().stream().allMatch(Comparison::met) ? 0 : 3;
        } finally {
            cleanup.close();
        }
    }

    private void compareAll(Targets targets, Path work, Path first, Path second) throws Exception {
        if (only.contains("copy")) {
            compareCopies(first, second);
        }
        ServedDisk ours = targets.understudy(first, DISK_BYTES);
        try (LibiscsiDriver libiscsi = new LibiscsiDriver(commands);
                UnderstudyDriver understudy = new UnderstudyDriver(null)) {
            if (only.contains("target") || only.contains("initiator")) {
                ServedDisk tgt = targets.tgt(second, DISK_BYTES);
                if (only.contains("target")) {
                    compareTargets(libiscsi, ours, tgt);
                }
                if (only.contains("initiator")) {
                    compareInitiators(ours, understudy, libiscsi);
                    compareInitiators(tgt, understudy, libiscsi);
                }
            }
            if (only.contains("tls")) {
                compareTls(targets, work, second, ours, understudy);
            }
        }
    }

    private List<Goal> goals() {
        return GOALS.stream()
                .filter(goal -> goal.workload().name().contains(wanted))
                .toList();
    }

    private void compareTargets(Driver driver, ServedDisk ours, ServedDisk tgt) throws IOException {
        for (Goal goal : goals()) {
            Workload workload = goal.workload();
            List<List<Sample>> samples =
                    Contest.run(rounds, 2, List.of(() -> driver.run(ours, workload), () -> driver.run(tgt, workload)));
            add(
                    "target",
                    workload.name(),
                    driver.name(),
                    sides(List.of("understudy", "tgt"), samples, Sample::targetCpuPerGigabyte),
                    goal.ratio(),
                    null);
        }
    }

    private void compareInitiators(ServedDisk disk, Driver ours, Driver libiscsi) throws IOException {
        for (Goal goal : goals()) {
            Workload workload = goal.workload();
            List<List<Sample>> samples =
                    Contest.run(rounds, 2, List.of(() -> ours.run(disk, workload), () -> libiscsi.run(disk, workload)));
            add(
                    "initiator",
                    workload.name(),
                    disk.target(),
                    sides(List.of(ours.name(), libiscsi.name()), samples, Sample::driverCpuPerGigabyte),
                    AS_FAST,
                    ALLOWED_CPU);
        }
    }

    private void compareTls(Targets targets, Path work, Path disk, ServedDisk plain, Driver plainDriver)
            throws Exception {
        BenchCertificates certificates = BenchCertificates.make(commands, work);
        ServedDisk encrypted = targets.understudy(disk, DISK_BYTES, certificates.targetOptions());
        try (UnderstudyDriver driver = new UnderstudyDriver(certificates.initiatorContext())) {
            for (Goal goal : goals().stream()
                    .filter(one -> one.workload().blockBytes() >= TLS_SMALLEST)
                    .toList()) {
                Workload workload = goal.workload();
                List<List<Sample>> samples = Contest.run(
                        rounds,
                        TLS_WARM_UPS,
                        List.of(() -> driver.run(encrypted, workload), () -> plainDriver.run(plain, workload)));
                add(
                        "tls",
                        workload.name(),
                        "understudy",
                        sides(List.of("TLS 1.3", "plain"), samples, Sample::driverCpuPerGigabyte),
                        TLS_RATIO,
                        null);
            }
        }
    }

    private void compareCopies(Path from, Path to) throws IOException {
        Copies copies = new Copies(commands);
        List<List<Sample>> samples = Contest.run(
                rounds,
                1,
                List.of(() -> copies.javaFileSocketFile(from, to, DISK_BYTES), () -> copies.dd(from, to, DISK_BYTES)));
        add(
                "copy",
                "1 GiB",
                "page cache",
                sides(List.of("Java file, socket, file", "dd"), samples, Sample::driverCpuPerGigabyte),
                null,
                null);
    }

    private static List<Side> sides(
            List<String> names, List<List<Sample>> samples, ToDoubleFunction<Sample> cpuPerGigabyte) {
        List<Side> sides = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            sides.add(IscsiFigures.side(names.get(i), samples.get(i), cpuPerGigabyte));
        }
        return sides;
    }

    private void add(
            String kind,
            String workload,
            String through,
            List<Side> sides,
            @Nullable Double required,
            @Nullable Double allowedCpu) {
        Comparison found =
                IscsiFigures.compare(kind, workload, through, sides.get(0), sides.get(1), required, allowedCpu);
        comparisons.add(found);
        out.println(line(found));
    }

    private static String line(Comparison found) {
        String required =
                found.requiredRatio() == null ? "" : String.format(Locale.ROOT, " of %.1f", found.requiredRatio());
        String allowed =
                found.allowedCpuRatio() == null ? "" : String.format(Locale.ROOT, " of %.1f", found.allowedCpuRatio());
        return String.format(
                Locale.ROOT,
                "%-9s %-32s %-11s %6.0f MB/s %-24s %6.0f MB/s %-10s %5.2f%-7s cpu %5.2f%-7s %s",
                found.kind(),
                found.workload(),
                found.through(),
                found.ours().rate(),
                found.ours().name(),
                found.peer().rate(),
                found.peer().name(),
                found.ratio(),
                required,
                found.cpuRatio(),
                allowed,
                found.requiredRatio() == null ? "" : found.met() ? "met" : "NOT MET");
    }

    private void report(IscsiFigures figures) throws IOException {
        long missed =
                figures.comparisons().stream().filter(found -> !found.met()).count();
        out.println(missed == 0 ? "All goals were met." : missed + " goals were not met.");
        if (json != null) {
            String text = JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValueAsString(figures);
            Files.writeString(json, text + "\n", StandardCharsets.UTF_8);
        }
    }

    private Path disksDirectory(Path work) throws IOException {
        if (directory != null) {
            return Files.createTempDirectory(directory, "understudy-bench");
        }
        Path memory = Path.of("/dev/shm");
        boolean room = Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() > 4 * DISK_BYTES;
        return Files.createTempDirectory(room ? memory : work, "understudy-bench");
    }

    /** A disk whose blocks are all there: what is measured is moving, not allocating. */
    private static Path disk(Path disks, String name) throws IOException {
        Path file = disks.resolve(name + ".img");
        byte[] content = new byte[MEBIBYTE];
        new Random(1).nextBytes(content);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < DISK_BYTES; at += MEBIBYTE) {
                ByteBuffer buffer = ByteBuffer.wrap(content);
                while (buffer.hasRemaining()) {
                    channel.write(buffer, at + buffer.position());
                }
            }
        }
        return file;
    }

    private static void deleteDisks(Path disks) throws IOException {
        try (var files = Files.newDirectoryStream(disks)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(disks);
    }
}
