package org.understudy.demo.bench.continuous;

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.demo.Cleanup;
import org.understudy.demo.bench.CpuTime;
import org.understudy.demo.bench.Median;
import org.understudy.demo.machine.LoopDisk;
import org.understudy.demo.process.AgentProcess;
import org.understudy.demo.process.Await;
import org.understudy.demo.process.EmbeddedAppliance;
import tools.jackson.databind.JsonNode;

/**
 * The acceptance of continuous protection from its beginning to its end. Where there are several processors the appliance has the last one
 * for itself, as it is another machine in life; database, clients and agent share the rest.
 */
final class ContinuousRun {

    private static final InstantSource TIME = InstantSource.system();

    private static final int INTERVAL_SECONDS = 5;
    private static final int CLIENTS = 4;
    private static final int EVERY_NTH = 10;
    private static final Duration FIRST_POINT = Duration.ofMinutes(5);

    /** After a minute of rest the agent gives memory back. */
    private static final Duration IDLE = Duration.ofSeconds(75);

    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");

    /** What a transaction of TPC-B does, and the number that the client gives it. */
    private static final String TRANSACTION = """
            \\set n :n + 1
            \\set aid random(1, 100000 * :scale)
            \\set bid random(1, 1 * :scale)
            \\set tid random(1, 10 * :scale)
            \\set delta random(-5000, 5000)
            begin;
            update pgbench_accounts set abalance = abalance + :delta where aid = :aid;
            update pgbench_tellers set tbalance = tbalance + :delta where tid = :tid;
            update pgbench_branches set bbalance = bbalance + :delta where bid = :bid;
            insert into pgbench_history (tid, bid, aid, delta, mtime) values (:tid, :bid, :aid, :delta, current_timestamp);
            insert into journal (client, n) values (:client_id, :n);
            end;
            """;

    private final CommandRunner commands;
    private final Cleanup cleanup;
    private final Path home;
    private final Path work;
    private final PrintStream out;
    private final double minutes;
    private final int rate;
    private final int turns;
    private final int turnSeconds;
    private final int scale;
    private final @Nullable Path agentPackage;
    private final @Nullable Path applianceDirectory;

    /**
     * @param agentPackage a .deb; null for the agent of the checkout
     * @param applianceDirectory where the appliance keeps its data in a folder of its own; null for {@code work}
     */
    ContinuousRun(
            CommandRunner commands,
            Cleanup cleanup,
            Path home,
            Path work,
            PrintStream out,
            double minutes,
            int rate,
            int turns,
            int turnSeconds,
            int scale,
            @Nullable Path agentPackage,
            @Nullable Path applianceDirectory) {
        this.commands = commands;
        this.cleanup = cleanup;
        this.home = home;
        this.work = work;
        this.out = out;
        this.minutes = minutes;
        this.rate = rate;
        this.turns = turns;
        this.turnSeconds = turnSeconds;
        this.scale = scale;
        this.agentPackage = agentPackage;
        this.applianceDirectory = applianceDirectory;
    }

    ContinuousFigures run() throws Exception {
        LoopDisk disk = makeDisk();
        Path mount = work.resolve("source");
        int processors = Runtime.getRuntime().availableProcessors();
        List<String> here = processors > 1 ? List.of("taskset", "-c", "0-" + (processors - 2)) : List.of();
        Postgres postgres =
                cleanup.register(new Postgres(commands, mount.resolve("pgdata"), work.resolve("socket"), here));
        postgres.create();
        postgres.start();
        Path logs = Files.createDirectories(work.resolve("logs"));
        commands.run(Command.of("chown", "postgres", logs.toString())).orThrow();
        out.println("Filling the database ...");
        postgres.pgbench(logs, "-i", "-q", "-s", Integer.toString(scale));
        postgres.query("create table journal (client int, n bigint)");

        EmbeddedAppliance appliance =
                EmbeddedAppliance.start(commands, cleanup, home, work, applianceData(), List.of());
        EmbeddedAppliance.Enrolled host =
                appliance.enrol("database", disk.device(), List.of("--pins", mountPins() + "/trackers"), agentLaunch());
        prioritise(host.agent().pid());
        if (processors > 1) {
            pin(appliance.serverPid(), Integer.toString(processors - 1));
            pin(host.agent().pid(), "0-" + (processors - 2));
        }
        out.println("First backup ...");
        appliance.backUp(host.id());
        appliance.backUp(host.id());
        Thread.sleep(IDLE);
        long idle = ProcessSampler.togetherBytes(host.agent().pid());
        long idleResident = ProcessSampler.residentBytes(host.agent().pid());
        String policy = policy(appliance);

        Steady steady = steady(appliance, host, policy, postgres, logs, disk);
        ContinuousFigures.Throughput throughput = throughput(appliance, host.id(), policy, postgres, logs);
        assign(appliance, host.id(), "");
        Await.until(
                "the last cycle to end",
                FIRST_POINT,
                () -> runs(appliance, host.id()).get(0).get("ended").asBoolean());
        postgres.stop("fast");

        List<PointOpening.Opened> opened = open(appliance, host.id(), steady);
        return figures(steady, idle, idleResident, throughput, opened);
    }

    private Path applianceData() throws IOException {
        if (applianceDirectory == null) {
            return work.resolve("appliance");
        }
        Path made = Files.createTempDirectory(applianceDirectory, "understudy-bench-");
        cleanup.register(() -> commands.run(Command.of("rm", "-rf", "--one-file-system", made.toString())));
        return made.resolve("appliance");
    }

    private List<String> agentLaunch() throws IOException {
        if (agentPackage == null) {
            return AgentProcess.packaged(home);
        }
        Path unpacked = Files.createDirectories(work.resolve("agent-package"));
        commands.run(Command.of("dpkg-deb", "-x", agentPackage.toString(), unpacked.toString()))
                .orThrow();
        Path installed = Path.of(AgentProcess.PACKAGE_HOME);
        if (!Files.exists(installed)) {
            Files.createDirectory(installed);
            cleanup.register(() -> Files.deleteIfExists(installed));
        }
        return AgentProcess.ofPackage(unpacked);
    }

    /** The priorities of the agent's service, for the threads that are there and those that they will start. */
    private void prioritise(long pid) throws IOException {
        List<String> threads;
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            threads = tasks.map(task -> task.getFileName().toString()).toList();
        }
        for (List<String> argv :
                List.of(List.of("renice", "-n", "10", "-p"), List.of("ionice", "-c", "2", "-n", "7", "-p"))) {
            List<String> all = new ArrayList<>(argv);
            all.addAll(threads);
            commands.run(Command.of(all)).orThrow();
        }
    }

    private LoopDisk makeDisk() throws IOException {
        Path image = work.resolve("source.raw");
        try (RandomAccessFile raw = new RandomAccessFile(image.toFile(), "rw")) {
            raw.setLength(Math.max(4L << 30, scale * (64L << 20)));
        }
        commands.run(Command.of("mkfs.ext4", "-q", "-F", image.toString())).orThrow();
        LoopDisk disk = cleanup.register(LoopDisk.attach(commands, image));
        Path mount = Files.createDirectories(work.resolve("source"));
        commands.run(Command.of("mount", "-t", "ext4", disk.device().toString(), mount.toString()))
                .orThrow();
        cleanup.register(() -> commands.run(Command.of("umount", mount.toString())));
        // The user postgres must come through.
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwx--x--x"));
        return disk;
    }

    private Path mountPins() throws IOException {
        Path mount = Files.createDirectories(work.resolve("bpf"));
        commands.run(Command.of("mount", "-t", "bpf", "bpf", mount.toString())).orThrow();
        cleanup.register(() -> commands.run(Command.of("umount", "--lazy", mount.toString())));
        return mount;
    }

    private void pin(long pid, String processors) {
        commands.run(Command.of("taskset", "-a", "-c", "-p", processors, Long.toString(pid)))
                .orThrow();
    }

    private static String policy(EmbeddedAppliance appliance) throws InterruptedException {
        Map<String, Object> body = new HashMap<>();
        body.put("name", "continuous");
        body.put("intervalSeconds", INTERVAL_SECONDS);
        body.put(
                "retention",
                Map.of(
                        "everythingSeconds",
                        7200,
                        "last",
                        10,
                        "minutely",
                        1440,
                        "hourly",
                        48,
                        "daily",
                        0,
                        "weekly",
                        0,
                        "monthly",
                        0,
                        "yearly",
                        0));
        body.put("objectiveSeconds", 10);
        body.put("zone", "UTC");
        body.put("freezeLimitMillis", 500);
        body.put("scripts", false);
        body.put("verifyAfterRun", false);
        return appliance.api().post("policies", body).get("id").asString();
    }

    private static void assign(EmbeddedAppliance appliance, String host, String policy) throws InterruptedException {
        appliance.api().patch("hosts/" + host, Map.of("policyId", policy));
    }

    /** What the steady phase showed. */
    private record Steady(
            ContinuousFigures.Load load,
            ContinuousFigures.Age age,
            ContinuousFigures.Cycles cycles,
            ContinuousFigures.Freezes freezes,
            double agentProcessors,
            double serverProcessors,
            long together,
            long running,
            long watchdog,
            List<JsonNode> runs,
            CommitLog commits) {}

    private Steady steady(
            EmbeddedAppliance appliance,
            EmbeddedAppliance.Enrolled host,
            String policy,
            Postgres postgres,
            Path logs,
            LoopDisk disk)
            throws Exception {
        out.printf(Locale.ROOT, "A point every %d s for %.1f minutes ...%n", INTERVAL_SECONDS, minutes);
        Path script = work.resolve("transaction.sql");
        Files.writeString(script, TRANSACTION, StandardCharsets.US_ASCII);
        assign(appliance, host.id(), policy);
        String before = newest(appliance, host.id());
        Await.until(
                "the first scheduled point",
                FIRST_POINT,
                () -> !newest(appliance, host.id()).equals(before));
        Instant began = TIME.instant();
        long seconds = Math.round(minutes * 60);
        long written = sectorsWritten(disk) * 512;
        Duration serverCpu = CpuTime.of(appliance.serverPid());
        CommandResult load;
        double agentProcessors;
        long together;
        long running;
        long watchdog;
        FreezeLog freezesBefore = FreezeLog.read(host.agent().log());
        try (ProcessSampler sampler = new ProcessSampler(host.agent().pid())) {
            load = postgres.pgbench(
                    logs,
                    "-n",
                    "-c",
                    Integer.toString(CLIENTS),
                    "-j",
                    "1",
                    "-T",
                    Long.toString(seconds),
                    "-R",
                    Integer.toString(rate),
                    "-D",
                    "n=0",
                    "-D",
                    "scale=" + scale,
                    "-f",
                    script.toString(),
                    "--log");
            agentProcessors = sampler.processors();
            together = sampler.largestTogetherBytes();
            running = sampler.largestResidentBytes();
            watchdog = sampler.largestResidentBytesOfWatchdog();
        }
        double lasted = Duration.between(began, TIME.instant()).toMillis() / 1000.0;
        double serverProcessors =
                CpuTime.of(appliance.serverPid()).minus(serverCpu).toMillis() / 1000.0 / lasted;
        written = sectorsWritten(disk) * 512 - written;
        JsonNode age =
                appliance.api().get("hosts/" + host.id() + "/rpo?minutes=" + Math.max(1, Math.round(lasted / 60)));
        List<JsonNode> runs = runs(appliance, host.id()).stream()
                .filter(run -> run.get("state").asString().equals("DONE"))
                .filter(run -> Instant.parse(run.get("requestedAt").asString()).isAfter(began))
                .toList();
        CommitLog commits = CommitLog.read(logs);
        FreezeLog freezes = FreezeLog.read(host.agent().log()).since(freezesBefore);
        long sent =
                runs.stream().mapToLong(run -> run.get("sentBytes").asLong()).sum();
        return new Steady(
                new ContinuousFigures.Load(
                        tps(load),
                        written / lasted,
                        sent / lasted,
                        commits.size(),
                        commits.latency(0.5),
                        commits.latency(0.99),
                        commits.latency(1)),
                new ContinuousFigures.Age(
                        age.get("p50Seconds").asDouble(),
                        age.get("p99Seconds").asDouble(),
                        age.get("worstSeconds").asDouble(),
                        age.get("points").asInt(),
                        age.get("overlaps").asInt(),
                        age.get("kept").asDouble()),
                cycles(runs),
                freezes.figures(),
                agentProcessors,
                serverProcessors,
                together,
                running,
                watchdog,
                runs,
                commits);
    }

    private static ContinuousFigures.Cycles cycles(List<JsonNode> runs) {
        if (runs.isEmpty()) {
            throw new IllegalStateException("no cycle ended well");
        }
        List<Double> took = runs.stream()
                .map(run -> Duration.between(
                                        Instant.parse(run.get("requestedAt").asString()),
                                        Instant.parse(run.get("endedAt").asString()))
                                .toMillis()
                        / 1000.0)
                .sorted()
                .toList();
        Map<String, List<Double>> byState = new TreeMap<>();
        List<String> order = new ArrayList<>();
        for (JsonNode run : runs) {
            for (JsonNode step : run.get("transitions")) {
                String state = step.get("state").asString();
                if (!byState.containsKey(state)) {
                    order.add(state);
                }
                byState.computeIfAbsent(state, key -> new ArrayList<>())
                        .add(step.get("seconds").asDouble());
            }
        }
        return new ContinuousFigures.Cycles(
                runs.size(),
                took.get(took.size() / 2),
                took.get((int) Math.ceil(took.size() * 0.95) - 1),
                took.get(took.size() - 1),
                order.stream()
                        .filter(state -> !state.equals("DONE"))
                        .map(state -> new ContinuousFigures.Step(
                                state, Median.of(byState.getOrDefault(state, List.of()), value -> value)))
                        .toList());
    }

    /** Full load in turns; who begins changes. An idle agent and its tracker stay: the policy is what comes and goes. */
    private ContinuousFigures.Throughput throughput(
            EmbeddedAppliance appliance, String host, String policy, Postgres postgres, Path logs) throws Exception {
        List<Double> with = new ArrayList<>();
        List<Double> without = new ArrayList<>();
        for (int turn = 0; turn < turns; turn++) {
            boolean first = turn % 2 == 0;
            for (boolean on : new boolean[] {first, !first}) {
                assign(appliance, host, on ? policy : "");
                String newest = newest(appliance, host);
                if (on) {
                    Await.until(
                            "a cycle",
                            FIRST_POINT,
                            () -> !newest(appliance, host).equals(newest));
                } else {
                    Await.until("cycles to stop", FIRST_POINT, () -> quiet(appliance, host));
                }
                double tps = tps(postgres.pgbench(
                        logs, "-n", "-c", Integer.toString(CLIENTS), "-j", "1", "-T", Integer.toString(turnSeconds)));
                (on ? with : without).add(tps);
                out.printf(Locale.ROOT, "turn %d %s: %.0f transactions/s%n", turn + 1, on ? "with" : "without", tps);
            }
        }
        double ratio = turns == 0 ? 1 : Median.of(with, value -> value) / Median.of(without, value -> value);
        return new ContinuousFigures.Throughput(with, without, ratio);
    }

    /** Schedules follow hosts every few seconds; quiet is no new run for longer than that. */
    private static boolean quiet(EmbeddedAppliance appliance, String host) throws InterruptedException {
        JsonNode newest = runs(appliance, host).get(0);
        return newest.get("ended").asBoolean()
                && Duration.between(Instant.parse(newest.get("requestedAt").asString()), TIME.instant())
                                .toSeconds()
                        > 3 * INTERVAL_SECONDS;
    }

    private List<PointOpening.Opened> open(EmbeddedAppliance appliance, String host, Steady steady) throws Exception {
        Map<String, String> consistency = new HashMap<>();
        for (JsonNode point : appliance.api().get("hosts/" + host + "/points")) {
            consistency.put(point.get("id").asString(), point.get("consistency").asString());
        }
        PointOpening opening = new PointOpening(commands, appliance.data().resolve("pool"), work);
        List<JsonNode> oldestFirst = steady.runs().stream()
                .sorted(Comparator.comparing(run -> run.get("requestedAt").asString()))
                .toList();
        List<PointOpening.Opened> opened = new ArrayList<>();
        for (int i = 0; i < oldestFirst.size(); i += EVERY_NTH) {
            JsonNode run = oldestFirst.get(i);
            String point = run.get("pointId").asString();
            PointOpening.Opened found = opening.open(
                    host, point, consistency.getOrDefault(point, "?"), transferBegan(run), steady.commits());
            out.printf(
                    "point %d: %d commits expected, %d missing, %d more there, %s, %s%n",
                    i + 1,
                    found.expected(),
                    found.missing(),
                    found.beyond(),
                    found.consistency(),
                    found.good() ? "good" : "BAD");
            opened.add(found);
        }
        return opened;
    }

    private static Instant transferBegan(JsonNode run) {
        for (JsonNode step : run.get("transitions")) {
            if (step.get("state").asString().equals("TRANSFERRING")) {
                return Instant.parse(step.get("enteredAt").asString());
            }
        }
        throw new IllegalStateException("run " + run.get("id") + " transferred nothing");
    }

    private static List<JsonNode> runs(EmbeddedAppliance appliance, String host) throws InterruptedException {
        List<JsonNode> runs = new ArrayList<>();
        appliance.api().get("hosts/" + host + "/runs?limit=1000").forEach(runs::add);
        return runs;
    }

    private static String newest(EmbeddedAppliance appliance, String host) throws InterruptedException {
        for (JsonNode run : runs(appliance, host)) {
            if (run.get("state").asString().equals("DONE")) {
                return run.get("pointId").asString();
            }
        }
        return "";
    }

    private static long sectorsWritten(LoopDisk disk) throws IOException {
        String line = Files.readString(
                        Path.of("/sys/block", String.valueOf(disk.device().getFileName()), "stat"))
                .strip();
        return Long.parseLong(line.split(" +", -1)[6]);
    }

    private static double tps(CommandResult load) {
        Matcher tps = TPS.matcher(load.output());
        if (!tps.find()) {
            throw new IllegalStateException("pgbench told no rate: " + load.output());
        }
        return Double.parseDouble(tps.group(1));
    }

    private ContinuousFigures figures(
            Steady steady,
            long idle,
            long idleResident,
            ContinuousFigures.Throughput throughput,
            List<PointOpening.Opened> opened) {
        long bad = opened.stream().filter(found -> !found.good()).count();
        List<ContinuousFigures.Goal> goals = new ArrayList<>();
        goals.add(atMost("points that do not open, or lack a commit", bad, 0));
        goals.add(atMost("age of the data, p99 in seconds", steady.age().p99(), 10));
        goals.add(atMost("processors of the agent", steady.agentProcessors(), 0.03));
        goals.add(atMost("MB of the idle agent and its watchdog", idle / 1e6, 64));
        goals.add(atMost("MB of the running agent and its watchdog", steady.together() / 1e6, 100));
        if (turns > 0) {
            double ratio = throughput.ratio();
            goals.add(new ContinuousFigures.Goal("throughput with, against without", ratio, 0.95, ratio >= 0.95));
        }
        return new ContinuousFigures(
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors(),
                minutes,
                INTERVAL_SECONDS,
                steady.load(),
                steady.age(),
                steady.cycles(),
                steady.freezes(),
                new ContinuousFigures.Footprint(
                        steady.agentProcessors(),
                        idle,
                        steady.together(),
                        idleResident,
                        steady.running(),
                        steady.watchdog(),
                        steady.serverProcessors()),
                throughput,
                opened,
                goals);
    }

    private static ContinuousFigures.Goal atMost(String name, double value, double limit) {
        return new ContinuousFigures.Goal(name, value, limit, value <= limit);
    }
}
