package org.understudy.demo.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.understudy.core.command.Command;
import org.understudy.core.digest.BlockDigest;
import org.understudy.demo.machine.DiskImage;
import org.understudy.demo.machine.LiveMachine;
import org.understudy.demo.process.Await;
import tools.jackson.databind.JsonNode;

/** The server is killed below a running machine, and the whole database is lost: machines live on, the pool brings points back. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RestartAndRebuildTest {

    private static final Duration BOOT_LIMIT = Duration.ofMinutes(10);
    private static final long SEED = 5;
    private static final int CHANGED_FILES = 2;
    private static final long MEBIBYTE = 1L << 20;

    private final Random random = new Random(SEED);

    @SuppressWarnings("NullAway.Init")
    private Lab lab;

    @SuppressWarnings("NullAway.Init")
    private LiveMachine machine;

    @SuppressWarnings("NullAway.Init")
    private Lab.Host host;

    @SuppressWarnings("NullAway.Init")
    private byte[] pageOfNewest;

    @BeforeAll
    void protectMachine() throws Exception {
        lab = new Lab("restart", "--understudy.storage.pool-size=8GB", "--understudy.protection.retries=0");
        Path image = lab.work.resolve("web1.disk");
        DiskImage.make(lab.commands, Lab.home(), image, Map.of("HOST_NAME", "web1", "SIZE", "192M", "DATA_MB", "1"));
        machine = lab.register(LiveMachine.start(lab.commands, image, lab.work, "/srv/www/index.html"));
        lab.startServer();
        host = lab.enrol("web1", machine.device(), image);
        host.allowLongFreeze();
        host.backUpAndCompare();
        machine.changePage("<p>second</p>\n");
        machine.writeFiles("second", CHANGED_FILES, random);
        pageOfNewest = machine.page();
        host.backUpAndCompare();
    }

    @AfterAll
    void takeDown() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    @Order(1)
    void aMachineOutlivesTheServer() throws Exception {
        String drill = drill(host.points().get(0));
        awaitState(drill, "RUNNING");

        lab.server().kill();
        assertThat(machinesRunning(drill)).isOne();
        lab.startServer();

        awaitState(drill, "RUNNING");
        awaitAnswer(drill);
        discard(drill);
        assertThat(machinesRunning(drill)).isZero();
    }

    @Test
    @Order(2)
    void aRestartKeepsWhatWasKnown() throws Exception {
        List<JsonNode> before = known();

        lab.server().close();
        lab.startServer();

        assertThat(known()).isEqualTo(before);
    }

    private List<JsonNode> known() throws InterruptedException {
        JsonNode found = lab.api().get("hosts/" + host.id());
        return List.of(
                found.get("name"),
                found.get("policyId"),
                found.get("disks"),
                lab.api().get("policies"),
                lab.api().get("hosts/" + host.id() + "/points"));
    }

    @Test
    @Order(3)
    void aLostDatabaseIsRebuiltFromThePool() throws Exception {
        List<String> points = host.points();
        String pinned = points.get(points.size() - 1);
        String locked = points.get(0);
        String until = Instant.now()
                .plus(1, ChronoUnit.DAYS)
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
        lab.api().put("points/" + pinned + "/pin", Map.of("pinned", true));
        lab.api().put("points/" + locked + "/lock", Map.of("until", until));
        JsonNode pointsBefore = lab.api().get("hosts/" + host.id() + "/points");

        lab.server().close();
        lab.commands
                .run(Command.of("rm", "-rf", lab.data.resolve("postgres").toString()))
                .orThrow();
        lab.startServer();
        assertThat(lab.api().get("hosts")).isEmpty();
        JsonNode report = lab.api().post("catalogue/rebuild", null);

        assertThat(report.get("problems")).isEmpty();
        assertThat(report.get("points").asInt()).isEqualTo(points.size());
        assertThat(lab.api().get("hosts/" + host.id()).get("name").asString()).isEqualTo("web1");
        assertThat(lab.api().get("hosts/" + host.id() + "/points")).isEqualTo(pointsBefore);
        host.awaitConnected();
        host.allowLongFreeze();
        machine.changePage("<p>third</p>\n");
        machine.writeFiles("third", CHANGED_FILES, random);
        JsonNode run = host.backUpAndCompare();
        assertThat(run.get("first").asBoolean()).isFalse();
        assertThat(run.get("sentBytes").asLong()).isLessThan((CHANGED_FILES + 3) * MEBIBYTE);
        String drill = drill(locked);
        awaitAnswer(drill);
        JsonNode probe = lab.api().get("takeovers/" + drill).get("probes").get(0);
        assertThat(probe.get("bodySha256").asString())
                .isEqualTo(
                        java.util.HexFormat.of().formatHex(BlockDigest.sha256().digest(pageOfNewest)));
        discard(drill);
    }

    private String drill(String point) throws InterruptedException {
        return lab.api()
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
                                256 * MEBIBYTE,
                                "probes",
                                List.of(Map.of("kind", "http", "port", 80, "path", "/"))))
                .get("id")
                .asString();
    }

    private void awaitState(String takeover, String state) throws InterruptedException {
        Await.until("takeover " + takeover + " to be " + state, BOOT_LIMIT, () -> {
            JsonNode now = lab.api().get("takeovers/" + takeover);
            assertThat(now.get("state").asString()).as(now.toString()).isNotEqualTo("FAILED");
            return now.get("state").asString().equals(state);
        });
    }

    private void awaitAnswer(String takeover) throws InterruptedException {
        Await.until("the machine to answer over HTTP", BOOT_LIMIT, () -> {
            JsonNode now = lab.api().get("takeovers/" + takeover);
            assertThat(now.get("state").asString()).as(now.toString()).isNotEqualTo("FAILED");
            JsonNode passed = now.get("probes").get(0).get("passed");
            assertThat(!passed.isNull() && !passed.asBoolean())
                    .as("probe failed: " + now)
                    .isFalse();
            return !passed.isNull();
        });
    }

    private void discard(String takeover) throws InterruptedException {
        lab.api().post("takeovers/" + takeover + "/discard", null);
        awaitState(takeover, "DONE");
    }

    /** Processes of this takeover's machine as the machine's own kernel sees them. */
    private static long machinesRunning(String takeover) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .map(line -> line.contains("qemu") && line.contains("us-" + takeover))
                        .orElse(false))
                .count();
    }
}
