package org.understudy.demo.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.understudy.core.command.Command;
import org.understudy.demo.process.Await;
import org.understudy.server.protection.BackupRun.State;
import tools.jackson.databind.JsonNode;

/**
 * Continuous protection in short, with an application that writes all the time: a point at each cycle, of which each holds what was durable
 * before it; a cycle that could not start counted; the age of the data measured; and no row of the log for each.
 */
@Tag("system")
class ContinuousTest {

    private static final long SEED = 20261120;
    private static final int INTERVAL_SECONDS = 5;

    @Test
    void everyCycleMakesAPointAndWhatCouldNotStartIsCounted() throws Exception {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        try (Lab lab =
                new Lab("continuous", "--understudy.storage.pool-size=2GB", "--understudy.protection.retries=0")) {
            lab.startServer();
            LiveDisk disk = lab.register(LiveDisk.make(lab.commands, lab.work, "db", "ext4", 256L << 20));
            disk.write("content", 4 << 20, random);
            Lab.Host host = lab.enrolTracked("db", disk);
            List<JsonNode> runs;
            List<Integer> promised = new ArrayList<>();
            try (JournalWriter writer = new JournalWriter(disk, random)) {
                protectContinuously(lab, host);
                awaitPoints(host, 2);

                // One cycle is held for so long that another one cannot start. On a busy machine that may have happened
                // before.
                int overlaps = rpo(lab, host).get("overlaps").asInt();
                lab.serverGate.arm(State.TRANSFERRING.name(), Gate.Action.WAIT);
                lab.serverGate.awaitArrival(State.TRANSFERRING.name(), Lab.PATIENCE);
                Await.until(
                        "a cycle to be skipped",
                        Lab.PATIENCE,
                        () -> rpo(lab, host).get("overlaps").asInt() > overlaps);
                int before = host.points().size();
                lab.serverGate.open(State.TRANSFERRING.name());
                awaitPoints(host, before + 1);

                runs = done(lab, host);
                for (JsonNode run : runs) {
                    promised.add(writer.durableBefore(transferBegan(run)));
                }
            }
            requireRpo(rpo(lab, host), runs.size());
            for (int i = 0; i < runs.size(); i++) {
                requirePoint(lab, host, runs.get(i), promised.get(i));
            }
            requireSumsInLog(lab, host);
        }
    }

    private static void protectContinuously(Lab lab, Lab.Host host) throws InterruptedException {
        JsonNode policy = lab.api()
                .post(
                        "policies",
                        Map.of(
                                "name",
                                "continuous",
                                "intervalSeconds",
                                INTERVAL_SECONDS,
                                "retention",
                                Map.of(
                                        "everythingSeconds",
                                        3600,
                                        "last",
                                        10,
                                        "hourly",
                                        0,
                                        "daily",
                                        0,
                                        "weekly",
                                        0,
                                        "monthly",
                                        0,
                                        "yearly",
                                        0),
                                "objectiveSeconds",
                                600,
                                "zone",
                                "UTC",
                                // Longer than the usual one: machines that run tests do other things too.
                                "freezeLimitMillis",
                                10_000,
                                "scripts",
                                false,
                                "verifyAfterRun",
                                false));
        lab.api()
                .patch("hosts/" + host.id(), Map.of("policyId", policy.get("id").asString()));
    }

    private static void awaitPoints(Lab.Host host, int count) throws InterruptedException {
        Await.until(count + " points", Lab.PATIENCE, () -> host.points().size() >= count);
    }

    private static JsonNode rpo(Lab lab, Lab.Host host) throws InterruptedException {
        return lab.api().get("hosts/" + host.id() + "/rpo?minutes=10");
    }

    /** Runs that made a point, the oldest first. */
    private static List<JsonNode> done(Lab lab, Lab.Host host) throws InterruptedException {
        List<JsonNode> runs = new ArrayList<>();
        for (JsonNode run : lab.api().get("hosts/" + host.id() + "/runs?limit=100")) {
            assertThat(run.get("state").asString()).as("%s", run).isNotEqualTo("FAILED");
            if (run.get("state").asString().equals("DONE")) {
                runs.add(0, run);
            }
        }
        return runs;
    }

    private static Instant transferBegan(JsonNode run) {
        for (JsonNode step : run.get("transitions")) {
            if (step.get("state").asString().equals(State.TRANSFERRING.name())) {
                return Instant.parse(step.get("enteredAt").asString());
            }
        }
        throw new AssertionError("nothing was transferred: " + run);
    }

    /** A cycle was skipped, so at some time the data was older than an interval. */
    private static void requireRpo(JsonNode rpo, int points) {
        assertThat(rpo.get("points").asInt()).isGreaterThanOrEqualTo(points);
        assertThat(rpo.get("overlaps").asInt()).isPositive();
        double p50 = rpo.get("p50Seconds").asDouble();
        double p99 = rpo.get("p99Seconds").asDouble();
        double worst = rpo.get("worstSeconds").asDouble();
        assertThat(p50).as("%s", rpo).isPositive().isLessThanOrEqualTo(p99);
        assertThat(p99).as("%s", rpo).isLessThanOrEqualTo(worst);
        assertThat(worst).as("%s", rpo).isGreaterThan(INTERVAL_SECONDS).isLessThan(600);
        assertThat(rpo.get("kept").asDouble()).as("%s", rpo).isEqualTo(1);
    }

    /** The point is one instant of the file system, and has what the application was promised before the transfer began. */
    private static void requirePoint(Lab lab, Lab.Host host, JsonNode run, int promised) throws InterruptedException {
        String id = run.get("pointId").asString();
        JsonNode point = lab.api().get("points/" + id);
        assertThat(point.get("consistency").asString())
                .as(point.get("consistencyReason").asString())
                .isEqualTo("FILE_SYSTEM");
        if (!run.get("first").asBoolean()) {
            assertThat(point.get("consistencyReason").asString()).contains("Only blocks written since the last point");
            assertThat(run.get("scannedBytes").asLong())
                    .as("read by %s", run)
                    .isLessThan(run.get("usedBytes").asLong());
        }
        var check = lab.commands.run(Command.of("e2fsck", "-fn", host.image(id).toString()));
        assertThat(check.exitStatus())
                .as("%s%s", check.output(), check.errorOutput())
                .isZero();
        List<String> journal = lab.commands
                .run(Command.of(
                        "debugfs",
                        "-R",
                        "cat /" + JournalWriter.FILE,
                        host.image(id).toString()))
                .orThrow()
                .lines();
        assertThat(journal.size()).as("numbers in the journal of point " + id).isGreaterThanOrEqualTo(promised);
        for (int i = 0; i < journal.size(); i++) {
            assertThat(journal.get(i)).isEqualTo(Integer.toString(i + 1));
        }
    }

    /** What went well was not told point by point; when continuous protection ends, its sum is told. */
    private static void requireSumsInLog(Lab lab, Lab.Host host) throws InterruptedException {
        List<String> kinds = kinds(lab, host);
        assertThat(kinds).doesNotContain("point.created", "point.pruned", "run.failed");

        lab.api().patch("hosts/" + host.id(), Map.of("policyId", ""));
        Await.until(
                "the last cycle to end",
                Lab.PATIENCE,
                () -> host.newestRun().get("ended").asBoolean());
        // A cycle that still went on when the policy was taken away is told by itself.
        int points = host.points().size();
        host.stopAgent();
        Await.until("every point to be told", Lab.PATIENCE, () -> told(lab, host) == points);
        assertThat(kinds(lab, host)).contains("cycles.summed");
    }

    private static int told(Lab lab, Lab.Host host) throws InterruptedException {
        int points = 0;
        for (JsonNode event : lab.api().get("events?host=" + host.id())) {
            switch (event.get("kind").asString()) {
                case "cycles.summed" -> {
                    assertThat(event.get("values").get("skipped").asInt()).isPositive();
                    assertThat(event.get("text").asString()).doesNotContain("?", "{");
                    points += event.get("values").get("points").asInt();
                }
                case "point.created" -> points++;
                default -> {
                    // Enrolment, connections.
                }
            }
        }
        return points;
    }

    private static List<String> kinds(Lab lab, Lab.Host host) throws InterruptedException {
        List<String> kinds = new ArrayList<>();
        lab.api()
                .get("events?host=" + host.id())
                .forEach(event -> kinds.add(event.get("kind").asString()));
        return kinds;
    }
}
