package org.understudy.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.kernel.RunId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.RunProgress;
import org.understudy.server.recovery.Takeover;

/** What an administrator does on the first day, in a real browser: set-up, log-in, enrolment, a backup, a drill. */
@Tag("platform")
class ConsoleFlowPlatformTest {

    @TempDir
    static Path directory;

    private static ConsoleOnFakes console;
    private static Browser browser;

    @BeforeAll
    static void start() {
        console = new ConsoleOnFakes(directory);
        browser = new Browser(directory);
        browser.look(1280, 900, false, "en");
    }

    @AfterAll
    static void stop() {
        browser.close();
        console.close();
    }

    @Test
    void theFirstDay() {
        Scene scene = console.scene();
        console.access().reset(false);
        setUpAndLogIn();
        enrol(scene);
        runWithLiveProgress(scene);
        drillWithScreen(scene);
        assertThat(browser.complaints()).isEmpty();
    }

    private static void setUpAndLogIn() {
        browser.open(console.address() + "/");
        assertThat(browser.location()).isEqualTo("/setup");
        browser.type("#code", FakeAccess.CODE);
        browser.type("#user", "kim");
        browser.type("#password", "a good long passphrase");
        browser.type("#repeated", "a good long passphrase");
        browser.follow("main button[type=submit]");
        assertThat(browser.location()).isEqualTo("/login");
        assertThat(browser.text(".notice")).contains("The administrator was created");
        browser.type("#username", "kim");
        browser.type("#password", "a good long passphrase");
        browser.follow("main button[type=submit]");
        assertThat(browser.location()).isEqualTo("/");
        browser.awaitText("#live-state", "live");
    }

    private static void enrol(Scene scene) {
        browser.open(console.address() + "/hosts");
        browser.follow("#enrol form button[type=submit]");
        assertThat(browser.text("#enrol-command")).contains("enrol --server");
        browser.awaitText("#live-state", "live");

        // The agent joins while the page is open.
        synchronized (scene) {
            var old = scene.host(Scenery.OLD);
            var id = org.understudy.server.kernel.HostId.random();
            scene.hosts.put(
                    id,
                    new org.understudy.server.fleet.ProtectedHost(
                            id,
                            "new-host",
                            Optional.empty(),
                            old.facts(),
                            old.disks(),
                            true,
                            Optional.of(scene.now()),
                            scene.now(),
                            "0.1.0",
                            false));
            scene.events.publishEvent(new FleetEvents.HostEnrolled(id, "new-host"));
        }
        browser.awaitText("#hosts", "new-host");
    }

    private static void runWithLiveProgress(Scene scene) {
        browser.open(console.address() + "/hosts/" + Scenery.WEB);
        browser.follow(".head-action button");
        assertThat(browser.text(".notice")).contains("A backup was started");
        browser.awaitText("#live-state", "live");
        RunId run = scene.newestRuns().stream()
                .filter(candidate ->
                        !candidate.state().isFinal() && candidate.host().equals(Scenery.WEB))
                .findFirst()
                .orElseThrow()
                .id();

        FakeRuns.enter(scene, run, BackupRun.State.TRANSFERRING, progress(25));
        browser.awaitText("#host-live", "1.00 GiB of 4.00 GiB (25 %)");
        FakeRuns.enter(scene, run, BackupRun.State.TRANSFERRING, progress(75));
        browser.awaitText("#host-live .progress", "3.00 GiB of 4.00 GiB (75 %)");
        assertThat(browser.evaluate("document.querySelector('#host-live progress').value")
                        .asInt())
                .isEqualTo(750);
        FakeRuns.enter(scene, run, BackupRun.State.DONE, Optional.empty());
        await().atMost(Duration.ofSeconds(20))
                .until(() -> browser.text("#host-live").isBlank());
    }

    private static Optional<RunProgress> progress(int percent) {
        return Optional.of(new RunProgress(
                1, (4L << 30) * percent / 100, 4L << 30, 1L << 20, 100L << 20, Optional.of(Duration.ofSeconds(9))));
    }

    private static void drillWithScreen(Scene scene) {
        browser.open(console.address() + "/points/" + Scenery.WEB_NEWEST);
        browser.follow("form.start button[type=submit]");
        assertThat(browser.location()).startsWith("/takeovers/");
        browser.awaitText("#live-state", "live");
        TakeoverId drill = TakeoverId.parse(browser.location().substring("/takeovers/".length()));

        FakeTakeovers.enter(scene, drill, Takeover.State.BOOTING);
        browser.awaitText("#takeover-live", "booting");
        FakeTakeovers.enter(scene, drill, Takeover.State.RUNNING);
        browser.awaitText("#takeover-probes", "passed");
        browser.awaitText("#takeover-probes", "11.3 s");
        browser.open(console.address() + browser.location());
        await().atMost(Duration.ofSeconds(20))
                .until(() -> browser.evaluate("document.querySelector('.screen img').naturalWidth")
                                .asInt()
                        == 720);
    }
}
