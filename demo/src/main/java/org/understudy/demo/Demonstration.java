package org.understudy.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.digest.BlockDigest;
import org.understudy.demo.machine.DiskImage;
import org.understudy.demo.machine.LiveMachine;
import org.understudy.demo.process.ApiClient;
import org.understudy.demo.process.Await;
import org.understudy.demo.process.EmbeddedAppliance;
import tools.jackson.databind.JsonNode;

/** The story that the demonstration tells, scene by scene; every figure in it is measured, every claim checked. */
final class Demonstration {

    private static final Duration VERIFY_LIMIT = Duration.ofMinutes(10);
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(10);
    private static final long MEMORY_BYTES = 512L << 20;
    private static final long MEMORY_OF_FOREIGN_DISK_BYTES = 1024L << 20;
    private static final long SPARE_BYTES = 64L << 20;
    private static final int FILES = 4;

    /** @param disk the user's disk, or null for one made here */
    record Plan(
            Path home, Path work, @Nullable Path disk, String page, String probe, Path pictures, String pictureName) {}

    /** A point and the page that the machine had at its instant. */
    private record Instant(String point, byte[] page) {}

    private final Plan plan;
    private final CommandRunner commands;
    private final Cleanup cleanup;
    private final PrintStream out;
    private final Random random = new SecureRandom();
    private final List<DemoFigures.TakeoverFigures> takeovers = new ArrayList<>();
    private String password = "";
    private final long started = System.nanoTime();
    private int scene;
    private String console = "";

    Demonstration(Plan plan, CommandRunner commands, Cleanup cleanup, PrintStream out) {
        this.plan = plan;
        this.commands = commands;
        this.cleanup = cleanup;
        this.out = out;
    }

    DemoFigures run() throws Exception {
        scene("A machine to protect");
        LiveMachine machine = startMachine();

        scene("The appliance");
        EmbeddedAppliance appliance = EmbeddedAppliance.start(commands, cleanup, plan.home(), plan.work(), List.of());
        console = appliance.console();
        password = appliance.password();
        ApiClient api = appliance.api();
        String accelerator = api.get("appliance").get("acceleration").asString().equals("KVM") ? "kvm" : "tcg";
        tell("console %s, virtual machines by %s", console, accelerator.equals("kvm") ? "KVM" : "QEMU's emulation");

        scene("Its agent");
        String host = appliance.enrol("web1", machine.device());
        tell("host %s is connected", host);

        scene("First backup: all used space");
        List<Instant> instants = new ArrayList<>();
        byte[] page = machine.page();
        JsonNode first = backUp(appliance, host);
        instants.add(new Instant(first.get("pointId").asString(), page));
        DemoFigures.FirstRun firstRun = new DemoFigures.FirstRun(
                first.get("diskBytes").asLong(),
                first.get("usedBytes").asLong(),
                first.get("sentBytes").asLong(),
                seconds(first));
        tell(
                "disk %s, used %s, sent %s in %.1f s",
                size(firstRun.diskBytes()), size(firstRun.usedBytes()), size(firstRun.sentBytes()), firstRun.seconds());

        List<DemoFigures.Incremental> incrementals = new ArrayList<>();
        for (int round = 2; round <= 3; round++) {
            scene("The machine lives on; incremental backup " + (round - 1));
            change(machine, round);
            page = machine.page();
            JsonNode run = backUp(appliance, host);
            instants.add(new Instant(run.get("pointId").asString(), page));
            DemoFigures.Incremental figures = new DemoFigures.Incremental(
                    run.get("changedBytes").asLong(), run.get("sentBytes").asLong(), seconds(run));
            incrementals.add(figures);
            tell(
                    "changed %s, sent %s in %.1f s",
                    size(figures.changedBytes()), size(figures.sentBytes()), figures.seconds());
        }

        scene("Verification: the last point is read back and compared with the agent's digests");
        Instant oldest = instants.get(0);
        Instant newest = instants.get(instants.size() - 1);
        DemoFigures.Verification verification = verify(api, newest.point());
        tell(
                "%d blocks, %d mismatches, %.1f s",
                verification.blocks(), verification.mismatches(), verification.seconds());
        require(verification.mismatches() == 0, "verification found damage");

        scene("Takeover from the first and from the last point at the same time");
        String drill = take(api, oldest, "DRILL");
        String takeover = take(api, newest, "TAKEOVER");
        answer(api, drill, oldest);
        answer(api, takeover, newest);
        appliance.discard(drill);
        appliance.discard(takeover);

        scene("The machine's disk is destroyed; its understudy goes on stage");
        machine.destroy();
        String rescue = take(api, newest, "TAKEOVER");
        answer(api, rescue, newest);
        appliance.discard(rescue);
        requireNothingLeft(api);

        DemoFigures figures =
                new DemoFigures(firstRun, incrementals, List.copyOf(takeovers), verification, accelerator);
        printTable(figures);
        return figures;
    }

    void printHowToGoOn() {
        out.printf("%nEverything is still running. Console: %s%n", console);
        out.printf("  user admin, password %s%n  end it with: ./understudy clean%n", password);
    }

    private LiveMachine startMachine() throws IOException {
        Path image = plan.work().resolve("machine.raw");
        if (plan.disk() == null) {
            DiskImage.make(commands, plan.home(), "web1", image);
        } else {
            DiskImage.copy(commands, plan.disk(), image);
        }
        LiveMachine machine = cleanup.register(LiveMachine.start(commands, image, plan.work(), plan.page()));
        tell("its disk is %s (%s), alive at %s", machine.device(), size(Files.size(image)), machine.root());
        return machine;
    }

    private JsonNode backUp(EmbeddedAppliance appliance, String host) throws InterruptedException {
        JsonNode ended = appliance.backUp(host);
        JsonNode point = appliance.api().get("points/" + ended.get("pointId").asString());
        tell(
                "point %s is %s: %s",
                ended.get("pointId").asString(),
                point.get("consistency").asString(),
                point.get("consistencyReason").asString());
        return ended;
    }

    private void change(LiveMachine machine, int round) throws IOException {
        machine.changePage("<!doctype html>\n<title>Understudy demo</title>\n<p>Instant " + round + ", "
                + HexFormat.of().toHexDigits(random.nextLong()) + "</p>\n");
        int files = (int) Math.min(FILES, Math.max(0, (machine.freeBytes() - SPARE_BYTES) >> 20));
        machine.writeFiles("round" + round, files, random);
        tell("changed %s and wrote %d files of 1 MiB", plan.page(), files);
    }

    private DemoFigures.Verification verify(ApiClient api, String point) throws Exception {
        long begun = System.nanoTime();
        api.post("points/" + point + "/verify", null);
        Await.until(
                "the verification to end",
                VERIFY_LIMIT,
                () -> !api.get("points/" + point).get("verification").isNull());
        double seconds = (System.nanoTime() - begun) / 1e9;
        JsonNode result = api.get("points/" + point).get("verification");
        return new DemoFigures.Verification(
                result.get("blocks").asLong(), result.get("mismatchCount").asLong(), seconds);
    }

    private String take(ApiClient api, Instant instant, String mode) throws InterruptedException {
        long memory = plan.disk() == null ? MEMORY_BYTES : MEMORY_OF_FOREIGN_DISK_BYTES;
        JsonNode takeover = api.post(
                "takeovers",
                Map.of(
                        "pointId",
                        instant.point(),
                        "mode",
                        mode,
                        "cpus",
                        1,
                        "memoryBytes",
                        memory,
                        "probes",
                        List.of(Map.of("kind", "http", "port", 80, "path", plan.probe()))));
        return takeover.get("id").asString();
    }

    private void answer(ApiClient api, String takeover, Instant instant) throws Exception {
        Await.until("the machine to answer over HTTP", BOOT_LIMIT, () -> {
            JsonNode now = api.get("takeovers/" + takeover);
            if (now.get("state").asString().equals("FAILED")) {
                throw new IllegalStateException("the takeover failed: " + now.get("problem"));
            }
            return passed(now);
        });
        JsonNode now = api.get("takeovers/" + takeover);
        JsonNode probe = now.get("probes").get(0);
        String sha256 = probe.get("bodySha256").asString();
        String expected = HexFormat.of().formatHex(BlockDigest.sha256().digest(instant.page()));
        String mode = now.get("mode").asString().toLowerCase(java.util.Locale.ROOT);
        // A server that builds its answer from the page may add to it; an empty page must be answered exactly.
        String page = new String(instant.page(), StandardCharsets.UTF_8).strip();
        require(
                sha256.equals(expected)
                        || (!page.isEmpty() && probe.get("bodyStart").asString().contains(page)),
                "the " + mode + " of point " + instant.point() + " answered with something else than the page of its"
                        + " instant: " + probe.get("bodyStart").asString());
        Path picture = plan.pictures().resolve(plan.pictureName() + "-" + (takeovers.size() + 1) + "-" + mode + ".png");
        Files.write(picture, api.getBytes("takeovers/" + takeover + "/screenshot"));
        DemoFigures.TakeoverFigures figures = new DemoFigures.TakeoverFigures(
                instant.point(),
                mode,
                now.get("secondsToRunning").asDouble(),
                probe.get("seconds").asDouble(),
                sha256,
                picture.toString());
        takeovers.add(figures);
        tell(
                "%s of point %s: running after %.2f s, answered after %.1f s with the page of its instant (%s)",
                mode,
                instant.point().substring(0, 8),
                figures.secondsToRunning(),
                figures.secondsToHttp(),
                now.get("profile").asString());
    }

    private static boolean passed(JsonNode takeover) {
        JsonNode passed = takeover.get("probes").get(0).get("passed");
        return !passed.isNull() && passed.asBoolean();
    }

    private void requireNothingLeft(ApiClient api) throws InterruptedException {
        for (JsonNode takeover : api.get("takeovers").values()) {
            require(takeover.get("state").asString().equals("DONE"), "a takeover was not discarded: " + takeover);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    private static double seconds(JsonNode run) {
        double total = 0;
        for (JsonNode transition : run.get("transitions").values()) {
            total += transition.get("seconds").asDouble();
        }
        return total;
    }

    private void scene(String title) {
        scene++;
        out.printf("%n[%5.1f s] %d. %s%n", (System.nanoTime() - started) / 1e9, scene, title);
    }

    private void tell(String format, Object... values) {
        out.printf("           " + format + "%n", values);
    }

    private static String size(long bytes) {
        return bytes >= 1 << 30
                ? String.format(java.util.Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30))
                : String.format(java.util.Locale.ROOT, "%.2f MiB", bytes / (double) (1 << 20));
    }

    private void printTable(DemoFigures figures) {
        out.printf("%nMeasured (%s)%n", figures.accelerator());
        DemoFigures.FirstRun first = figures.firstRun();
        if (first != null) {
            out.printf(
                    "  %-34s %12s of %s used, %6.1f s%n",
                    "first backup sent", size(first.sentBytes()), size(first.usedBytes()), first.seconds());
        }
        for (DemoFigures.Incremental incremental : figures.incrementals()) {
            out.printf(
                    "  %-34s %12s of %s changed, %6.1f s%n",
                    "incremental backup sent",
                    size(incremental.sentBytes()),
                    size(incremental.changedBytes()),
                    incremental.seconds());
        }
        for (DemoFigures.TakeoverFigures takeover : figures.takeovers()) {
            out.printf(
                    "  %-34s running %6.2f s, HTTP %6.1f s, picture %s%n",
                    takeover.mode() + " of " + takeover.point().substring(0, 8),
                    takeover.secondsToRunning(),
                    takeover.secondsToHttp(),
                    takeover.screenshot());
        }
        DemoFigures.Verification verification = figures.verification();
        if (verification != null) {
            out.printf(
                    "  %-34s %d blocks, %d mismatches, %.1f s%n",
                    "verification", verification.blocks(), verification.mismatches(), verification.seconds());
        }
        out.printf("  %-34s %s%n", "console", console);
    }
}
