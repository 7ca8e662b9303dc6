package org.understudy.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Opens every page in a real browser, at desktop and phone width, light and dark, in both languages; each must fit its window
 * and keep to the content policy. The pictures are kept in {@code target/screens}.
 */
@Tag("platform")
class EveryPagePlatformTest {

    private static final Path SCREENS = Path.of("target", "screens");

    @TempDir
    static Path directory;

    private static ConsoleOnFakes console;
    private static Browser browser;

    @BeforeAll
    static void start() {
        console = new ConsoleOnFakes(directory);
        browser = new Browser(directory);
    }

    @AfterAll
    static void stop() {
        browser.close();
        console.close();
    }

    @ParameterizedTest
    @CsvSource({
        "1280, 900, false, en", "1280, 900, true, zh-CN", "390, 844, false, zh-CN", "390, 844, true, en",
        "1280, 900, false, zh-CN", "1280, 900, true, en", "390, 844, false, en", "390, 844, true, zh-CN"
    })
    void everyPageFitsAndKeepsToItsContentPolicy(int width, int height, boolean dark, String language) {
        browser.forgetCookies();
        browser.forgetComplaints();
        browser.look(width, height, dark, language);
        String suffix = "-" + width + (dark ? "-dark" : "-light") + "-" + language.substring(0, 2) + ".png";
        Scenery.fill(console.scene());
        console.access().reset(false);
        visit("/setup", "setup", suffix);
        console.access().reset(true);
        visit("/login", "login", suffix);
        browser.type("#username", FakeAccess.USER);
        browser.type("#password", "not the password");
        browser.follow("main button[type=submit]");
        check("login-refused", suffix);
        browser.type("#username", FakeAccess.USER);
        browser.type("#password", FakeAccess.PASSWORD);
        browser.follow("main button[type=submit]");
        assertThat(browser.location()).isEqualTo("/");

        pages().forEach((name, path) -> visit(path, name, suffix));
        browser.open(console.address() + "/hosts");
        browser.follow("#enrol form button[type=submit]");
        check("hosts-token", suffix);
        browser.open(console.address() + "/account");
        browser.type("#name", "nightly report");
        browser.type("#password", FakeAccess.PASSWORD);
        browser.follow("main form.fields button[type=submit]");
        check("account-issued", suffix);
        browser.open(console.address() + "/policies/" + Scenery.HOURLY);
        browser.awaitText("#preview", " ");
        check("policy", suffix);
        console.scene().manifestProblem = Optional.of(Problem.of(
                ProblemCode.MANIFEST_UNREADABLE,
                "point",
                Scenery.WEB_NEWEST.toString(),
                "reason",
                "unexpected end of file"));
        visit("/points/" + Scenery.WEB_NEWEST, "point-unreadable", suffix);
        console.scene().clear();
        visit("/", "overview-empty", suffix);
        visit("/hosts", "hosts-empty", suffix);
        visit("/takeovers", "takeovers-empty", suffix);
        visit("/policies", "policies-empty", suffix);
        browser.forgetComplaints();
        browser.open(console.address() + "/hosts/00000000-0000-0000-8000-00000000ffff");
        browser.forgetComplaints();
        check("missing", suffix);
    }

    private static Map<String, String> pages() {
        Map<String, String> pages = new LinkedHashMap<>();
        pages.put("overview", "/");
        pages.put("hosts", "/hosts");
        pages.put("host", "/hosts/" + Scenery.WEB);
        pages.put("host-live", "/hosts/" + Scenery.DATABASE);
        pages.put("host-failed", "/hosts/" + Scenery.FILES);
        pages.put("run", "/runs/" + Scenery.DONE_RUN);
        pages.put("run-live", "/runs/" + Scenery.LIVE_RUN);
        pages.put("run-failed", "/runs/" + Scenery.FAILED_RUN);
        pages.put("point", "/points/" + Scenery.WEB_NEWEST);
        pages.put("point-suspect", "/points/" + Scenery.MAIL_SUSPECT);
        pages.put("takeovers", "/takeovers");
        pages.put("takeover-drill", "/takeovers/" + Scenery.DRILL);
        pages.put("takeover", "/takeovers/" + Scenery.TAKEOVER);
        pages.put("takeover-failed", "/takeovers/" + Scenery.FAILED_DRILL);
        pages.put("policies", "/policies");
        pages.put("policy-new", "/policies/new");
        pages.put("events", "/events");
        pages.put("audit", "/audit");
        pages.put("account", "/account");
        return pages;
    }

    private static void visit(String path, String name, String suffix) {
        browser.open(console.address() + path);
        check(name, suffix);
    }

    private static void check(String name, String suffix) {
        browser.screenshot(SCREENS.resolve(name + suffix));
        assertThat(browser.overflow())
                .as("%s%s reaches beyond the window", name, suffix)
                .isLessThanOrEqualTo(0);
        assertThat(browser.complaints()).as("%s%s", name, suffix).isEmpty();
        assertThat(browser.text("body")).as("%s%s", name, suffix).doesNotContain("??");
    }
}
