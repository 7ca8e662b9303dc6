package org.understudy.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.csrf;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.user;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.flash;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.redirectedUrl;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.redirectedUrlPattern;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import jakarta.servlet.http.Cookie;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.ResultActions;
import org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.access.AuditEntry;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RetentionRule;
import org.understudy.server.recovery.Takeover;

@ConsoleTest
class ConsolePagesTest {

    @Autowired
    MockMvc web;

    @Autowired
    FakeAuditLog audit;

    @Autowired
    Scene scene;

    @BeforeEach
    void fill() {
        audit.clear();
        Scenery.fill(scene);
    }

    @Test
    void theOverviewNamesWhatNeedsSomebodyWorstFirst() throws Exception {
        String page = text("/");

        assertThat(page)
                .containsSubsequence(
                        "Needs you",
                        "mail: damaged recovery points: 1",
                        "文件服务器 2 has no recent good point",
                        "hr-app is not protected",
                        "The last backup of 文件服务器 2 failed",
                        "Events to acknowledge")
                .contains("3 / 5", "2 / 5", "43 %", "2.75 GiB of 6.25 GiB (44 %)", "118 MiB/s", "31 s left")
                .doesNotContain("old-erp");
    }

    @Test
    void aPoolThatDoesNotAnswerIsExplainedAndTheRestIsShown() throws Exception {
        scene.poolProblem =
                Optional.of(Problem.of(ProblemCode.POOL_UNAVAILABLE, "pool", "/pool", "reason", "not mounted"));

        assertThat(text("/")).contains("POOL_UNAVAILABLE", "web-01");
    }

    @ParameterizedTest
    @CsvSource({"en, Recovery points", "zh-CN, 恢复点", "zh-TW, 恢复点", "de, Recovery points"})
    void pagesSpeakTheReadersLanguageOrElseEnglish(String language, String title) throws Exception {
        open(get("/hosts/" + Scenery.WEB).header("Accept-Language", language))
                .andExpect(content().string(containsString(title)));
    }

    @Test
    void theChosenLanguageWinsOverTheBrowsers() throws Exception {
        Optional<Cookie> cookie = Optional.ofNullable(
                web.perform(post("/language").param("language", "zh").with(csrf()))
                        .andExpect(redirectedUrl("/login"))
                        .andReturn()
                        .getResponse()
                        .getCookie("__Host-language"));

        assertThat(cookie).map(Cookie::getSecure).contains(true);
        web.perform(get("/login").cookie(cookie.orElseThrow()).header("Accept-Language", "en"))
                .andExpect(content().string(containsString("lang=\"zh-CN\"")));
    }

    @Test
    void timesAreInTheZoneOfTheApplianceWithItsOffset() throws Exception {
        assertThat(text("/points/" + Scenery.WEB_NEWEST))
                .contains("2026-11-20 19:48:00 UTC+08:00", "Asia/Shanghai (UTC+08:00)");
    }

    @Test
    void namesFromOutsideAreShownAsTextOnly() throws Exception {
        send("/hosts/" + Scenery.WEB + "/name", "name", "<script>alert(1)</script>")
                .andExpect(redirectedUrl("/hosts/" + Scenery.WEB));

        open(get("/hosts"))
                .andExpect(content()
                        .string(allOf(
                                containsString("&lt;script&gt;alert(1)&lt;/script&gt;"),
                                not(containsString("<script>alert")))));
    }

    @Test
    void whatDoesNotExistIsAProblemCardWithStatus404() throws Exception {
        for (String path : new String[] {
            "/hosts/00000000-0000-0000-8000-00000000ffff",
            "/runs/not-an-id",
            "/policies/00000000-0000-0000-8000-00000000ffff"
        }) {
            web.perform(get(path).with(user("ann")).accept("text/html"))
                    .andExpect(status().isNotFound())
                    .andExpect(content().string(containsString("NOT_FOUND")));
        }
    }

    @Test
    void aTokenIsShownOnceWithTheCommandToRun() throws Exception {
        var flash = send("/hosts/tokens", "minutes", "15")
                .andExpect(redirectedUrl("/hosts#enrol"))
                .andReturn()
                .getFlashMap();

        open(get("/hosts").flashAttrs(flash))
                .andExpect(content()
                        .string(containsString("sudo understudy-agent enrol --server 192.0.2.10:8444 --fingerprint")));
        open(get("/hosts")).andExpect(content().string(not(containsString("k7Qp-2mXv-9sLd"))));
        assertThat(scene.calls).contains("issueToken PT15M ann");
    }

    @Test
    void aBackupIsStartedAndARefusedOneLeadsBackWithItsProblem() throws Exception {
        send("/hosts/" + Scenery.WEB + "/run").andExpect(redirectedUrl("/hosts/" + Scenery.WEB));
        assertThat(text("/hosts/" + Scenery.WEB)).contains("Backup running", "by hand");

        web.perform(post("/hosts/" + Scenery.DATABASE + "/run")
                        .with(user("ann"))
                        .with(csrf())
                        .header("Host", "appliance:8443")
                        .header("Referer", "https://appliance:8443/hosts/" + Scenery.DATABASE + "?day=2026-11-20"))
                .andExpect(redirectedUrl("/hosts/" + Scenery.DATABASE + "?day=2026-11-20"))
                .andExpect(flash().attributeExists("problem"));
        assertThat(audit.recent(2))
                .extracting(AuditEntry::who, AuditEntry::action, AuditEntry::subject, AuditEntry::detail)
                .satisfies(entries -> {
                    assertThat(entries.get(0))
                            .isEqualTo(Tuple.tuple(
                                    "ann", "run.start", Scenery.DATABASE.toString(), "refused: RUN_IN_PROGRESS"));
                    assertThat(entries.get(1).toList()).startsWith("ann", "run.start", Scenery.WEB.toString());
                });
    }

    @Test
    void aRefererOfAnotherSiteIsNotFollowed() throws Exception {
        for (String foreign :
                new String[] {"https://evil.example/hosts", "https://appliance:8443//evil.example", "%%"}) {
            web.perform(post("/hosts/" + Scenery.DATABASE + "/run")
                            .with(user("ann"))
                            .with(csrf())
                            .header("Host", "appliance:8443")
                            .header("Referer", foreign))
                    .andExpect(redirectedUrl("/"));
        }
    }

    @Test
    void disksAndPolicyOfAHostAreChosen() throws Exception {
        send("/hosts/" + Scenery.FRESH + "/policy", "policy", Scenery.HOURLY.toString());
        send("/hosts/" + Scenery.FRESH + "/disks", "disks", "serial-WD-WX41A93K0012");

        assertThat(scene.host(Scenery.FRESH).policy()).contains(Scenery.HOURLY);
        assertThat(scene.host(Scenery.FRESH).disks())
                .filteredOn(disk -> disk.selected())
                .extracting(disk -> disk.key())
                .containsExactly("serial-WD-WX41A93K0012");
    }

    @Test
    void theHostPageSaysWhetherItWouldStartHere() throws Exception {
        assertThat(text("/hosts/" + Scenery.WEB))
                .containsSubsequence(
                        "Would start on this box",
                        "Yes, with virtio-blk, UEFI.",
                        "netplan configures the network card by its name enp1s0",
                        "All profiles",
                        "SATA, BIOS",
                        "There is no boot code on /dev/sda, so a BIOS finds nothing to start.");
        assertThat(text("/hosts/" + Scenery.DATABASE))
                .containsSubsequence(
                        "after preparations",
                        "after this was done:",
                        "Copy the boot loader \\EFI\\ROCKY\\SHIMX64.EFI to \\EFI\\BOOT\\BOOTX64.EFI");
        assertThat(text("/hosts/" + Scenery.MAIL))
                .containsSubsequence("No, because:", "The EFI system partition holds no boot loader.");
        assertThat(text("/hosts/" + Scenery.FILES))
                .containsSubsequence("This is missing for a prediction:", "Upgrade the agent and make a backup.");
        open(get("/hosts/" + Scenery.WEB).header("Accept-Language", "zh-CN"))
                .andExpect(content().string(containsString("能，使用 virtio-blk, UEFI。")));
    }

    @Test
    void theApiTellsTheForecastInTheReadersLanguage() throws Exception {
        assertThat(text("/api/v1/hosts/" + Scenery.MAIL + "/readiness"))
                .contains("\"verdict\":\"WILL_NOT_BOOT\"", "NO_EFI_LOADER", "holds no boot loader");
        open(get("/api/v1/hosts/" + Scenery.WEB + "/readiness").header("Accept-Language", "zh-CN"))
                .andExpect(content().string(containsString("\"verdict\":\"WILL_BOOT\"")))
                .andExpect(content().string(containsString("网卡")));
        web.perform(get("/api/v1/hosts/00000000-0000-0000-8000-00000000ffff/readiness")
                        .with(user("ann")))
                .andExpect(status().isNotFound());
    }

    @Test
    void pointsAreListedByDayOfTheAppliancesZone() throws Exception {
        // 02:00 to 23:59 in Shanghai is the day before in UTC for its first hours.
        assertThat(text("/hosts/" + Scenery.WEB + "?day=2026-11-19"))
                .contains("2026-11-19: 24 points", "2026-11-19 00:48")
                .doesNotContain(">2026-11-20 00:48<");
    }

    @Test
    void aFailedRunIsExplainedInFourParts() throws Exception {
        assertThat(text("/runs/" + Scenery.FAILED_RUN))
                .contains(
                        "The connection to the agent of 文件服务器 2 broke.",
                        "What to do",
                        "Connection reset by peer",
                        "step failed",
                        "head rolled back to the last point");
    }

    @Test
    void aDamagedPointShowsDiskAndOffsetAndIsOnlyStartedOnDemand() throws Exception {
        String path = "/points/" + Scenery.MAIL_SUSPECT;
        assertThat(text(path)).contains("disk0", "7,247,757,312 (0x1b0000000)", "Start although it is damaged");

        send(path + "/start", "mode", "DRILL").andExpect(flash().attributeExists("problem"));
        send(path + "/start", "mode", "DRILL", "acceptSuspect", "true").andExpect(redirectedUrlPattern("/takeovers/*"));
    }

    @Test
    void theStartFormBecomesARequest() throws Exception {
        send(
                        "/points/" + Scenery.WEB_NEWEST + "/start",
                        "mode",
                        "TAKEOVER",
                        "cpus",
                        "3",
                        "memory",
                        "1024",
                        "diskBus",
                        "SATA",
                        "nic",
                        "",
                        "firmware",
                        "UEFI",
                        "probe.0.kind",
                        "http",
                        "probe.0.port",
                        "8080",
                        "probe.0.path",
                        "status",
                        "probe.0.expect",
                        "ok",
                        "probe.1.kind",
                        "tcp",
                        "probe.1.port",
                        "22",
                        "probe.2.kind",
                        "",
                        "probe.2.port",
                        "")
                .andExpect(redirectedUrlPattern("/takeovers/*"));

        Takeover started = scene.takeovers.values().stream()
                .filter(takeover -> takeover.state() == Takeover.State.REQUESTED)
                .findFirst()
                .orElseThrow();
        assertThat(started.mode()).isEqualTo(Takeover.Mode.TAKEOVER);
        assertThat(started.cpus()).isEqualTo(3);
        assertThat(started.memoryBytes()).isEqualTo(1L << 30);
        assertThat(started.probes())
                .extracting(Takeover.ProbeResult::probe)
                .containsExactly(
                        new Takeover.Probe.Http(8080, "/status", Optional.of("ok")), new Takeover.Probe.Tcp(22));
        send(
                        "/points/" + Scenery.WEB_NEWEST + "/start",
                        "mode",
                        "DRILL",
                        "probe.0.kind",
                        "tcp",
                        "probe.0.port",
                        "99999")
                .andExpect(flash().attributeExists("problem"));
    }

    @Test
    void pointsArePinnedLockedAndDeletedUnlessLocked() throws Exception {
        var id = Scenery.point(1, 2);
        send("/points/" + id + "/pin", "pinned", "true");
        assertThat(scene.points.get(id)).matches(point -> point.pinned());
        send("/points/" + id + "/lock", "until", "2026-11-20").andExpect(flash().attributeExists("problem"));
        send("/points/" + id + "/lock", "until", "2026-12-24");
        assertThat(scene.points.get(id))
                .matches(point -> point.lockedUntil().equals(Optional.of(Instant.parse("2026-12-23T16:00:00Z"))));

        send("/points/" + id + "/delete").andExpect(flash().attributeExists("problem"));
        assertThat(scene.points).containsKey(id);
        send("/points/" + Scenery.point(1, 4) + "/delete").andExpect(redirectedUrl("/hosts/" + Scenery.WEB));
        assertThat(scene.points).doesNotContainKey(Scenery.point(1, 4));
    }

    @Test
    void aVerificationIsStartedAndShownUntilItEnds() throws Exception {
        send("/points/" + Scenery.WEB_NEWEST + "/verify");

        assertThat(text("/points/" + Scenery.WEB_NEWEST))
                .doesNotContain("Verify now")
                .contains("data-progress=\"point:");
        assertThat(scene.calls).contains("verify " + Scenery.WEB_NEWEST);
        scene.events.publishEvent(
                new org.understudy.server.protection.ProtectionEvents.PointVerified(Scenery.WEB_NEWEST, Scenery.WEB));
        assertThat(text("/points/" + Scenery.WEB_NEWEST)).contains("Verify now");
    }

    @Test
    void aTakeoverIsStoppedResumedKeptAndDiscarded() throws Exception {
        String path = "/takeovers/" + Scenery.DRILL;
        send(path + "/stop");
        assertThat(scene.takeover(Scenery.DRILL).state()).isEqualTo(Takeover.State.STOPPED);
        send(path + "/resume");
        send(path + "/keep", "kept", "true");
        assertThat(text(path)).contains("No longer keep").doesNotContain("Discard now");
        send(path + "/keep", "kept", "false");
        send(path + "/discard");
        assertThat(scene.takeover(Scenery.DRILL).state()).isEqualTo(Takeover.State.DONE);
        assertThat(audit.recent(5))
                .extracting(AuditEntry::action)
                .containsExactly(
                        "takeover.discard", "takeover.keep", "takeover.keep", "takeover.resume", "takeover.stop");
    }

    @Test
    void aScreenIsAPicture() throws Exception {
        open(get("/takeovers/" + Scenery.DRILL + "/screen.png"))
                .andExpect(content().contentType("image/png"));
    }

    @Test
    void aPolicyIsSavedAsItWasTyped() throws Exception {
        send(
                        "/policies",
                        "name",
                        "weekdays",
                        "kind",
                        "cron",
                        "cron",
                        "0 0 22 * * ?",
                        "objective",
                        "2",
                        "objectiveUnit",
                        "d",
                        "zone",
                        "Europe/Vienna",
                        "window.0.days",
                        "MONDAY",
                        "window.0.from",
                        "22:00",
                        "window.0.to",
                        "05:00",
                        "limit.0.days",
                        "MONDAY",
                        "limit.0.from",
                        "",
                        "limit.0.to",
                        "",
                        "limit.0.rate",
                        "12.5",
                        "last",
                        "7",
                        "daily",
                        "14",
                        "freezeSeconds",
                        "0.25",
                        "verifyAfterRun",
                        "true")
                .andExpect(redirectedUrl("/policies"));

        ProtectionPolicy saved = scene.policies.values().stream()
                .filter(policy -> policy.name().equals("weekdays"))
                .findFirst()
                .orElseThrow();
        assertThat(saved.schedule()).isEqualTo(new ProtectionPolicy.Schedule.Cron("0 0 22 * * ?"));
        assertThat(saved.objective()).isEqualTo(Duration.ofDays(2));
        assertThat(saved.windows())
                .singleElement()
                .matches(window -> window.to().getHour() == 5);
        assertThat(saved.bandwidth())
                .containsExactly(new ProtectionPolicy.BandwidthLimit(Optional.empty(), 13_107_200));
        assertThat(saved.retention()).isEqualTo(new RetentionRule(7, 0, 14, 0, 0, 0));
        assertThat(saved.freezeLimit()).isEqualTo(Duration.ofMillis(250));
        assertThat(saved.verifyAfterRun()).isTrue();
        assertThat(saved.scripts()).isFalse();
        assertThat(text("/policies/" + saved.id())).contains("value=\"12.5\"", "value=\"22:00\"", "Europe/Vienna");
    }

    @Test
    void aPolicyThatIsNotRightIsShownAgainAsItWasTyped() throws Exception {
        send("/policies", "name", "typed before", "kind", "interval", "every", "often", "everyUnit", "h")
                .andExpect(status().isOk())
                .andExpect(content()
                        .string(allOf(
                                containsString("“Every” is not filled in right"),
                                containsString("value=\"typed before\""))));
        assertThat(audit.recent(1))
                .extracting(AuditEntry::detail)
                .containsExactly("typed before; refused: INVALID_REQUEST");
    }

    @Test
    void aPolicyInUseIsNotDeleted() throws Exception {
        send("/policies/" + Scenery.HOURLY + "/delete").andExpect(flash().attributeExists("problem"));

        assertThat(scene.policies).containsKey(Scenery.HOURLY);
    }

    @Test
    void thePreviewSaysWhatARuleWouldDo() throws Exception {
        assertThat(text("/policies/preview?host=" + Scenery.WEB + "&last=10&daily=1"))
                .contains(
                        "web-01: 21 of 60 points stay, 39 would be removed.",
                        "would be removed",
                        "among the newest",
                        "daily 2026-");
    }

    @Test
    void eventsSpeakOfTimesAndStatesAsPeopleDo() throws Exception {
        assertThat(text("/events?host=" + Scenery.MAIL))
                .contains("Recovery point 2026-11-19 10:00 of mail is damaged")
                .doesNotContain("web-01 was");
        assertThat(text("/events")).contains("failed in the state transferring");

        send("/events/acknowledge-all").andExpect(redirectedUrl("/"));
        assertThat(scene.log).allMatch(event -> event.acknowledged());
    }

    private ResultActions open(MockHttpServletRequestBuilder request) throws Exception {
        return web.perform(request.with(user("ann"))).andExpect(status().isOk());
    }

    private String text(String path) throws Exception {
        return open(get(java.net.URI.create(path))).andReturn().getResponse().getContentAsString();
    }

    private ResultActions send(String path, String... namesAndValues) throws Exception {
        MockHttpServletRequestBuilder request = post(path).with(user("ann")).with(csrf());
        for (int i = 0; i < namesAndValues.length; i += 2) {
            request.param(namesAndValues[i], namesAndValues[i + 1]);
        }
        return web.perform(request);
    }
}
