package org.understudy.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.ProtectionEvents;
import org.understudy.server.protection.RunProgress;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.Takeover;

/** Session cookie and event stream over real TLS. */
class LiveStreamTest {

    @TempDir
    static Path directory;

    private static ConsoleOnFakes console;
    private static CookieManager cookies;
    private static HttpClient http;

    @BeforeAll
    static void logIn() throws Exception {
        console = new ConsoleOnFakes(directory);
        cookies = new CookieManager();
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, new X509ExtendedTrustManager[] {new TrustAll()}, null);
        http = HttpClient.newBuilder()
                .sslContext(trusting)
                .cookieHandler(cookies)
                .build();
        String form = get("/login").body();
        String token = form.replaceAll("(?s).*name=\"_csrf\"[^>]*value=\"([^\"]+)\".*", "$1");
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(URI.create(console.address() + "/login"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "username=ann&password=" + FakeAccess.PASSWORD.replace(" ", "+") + "&_csrf=" + token))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(302);
        assertThat(answer.headers().firstValue("Set-Cookie"))
                .hasValueSatisfying(cookie -> assertThat(cookie)
                        .startsWith("__Host-understudy=")
                        .contains("; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"));
    }

    @AfterAll
    static void stop() {
        http.shutdownNow();
        console.close();
    }

    @Test
    void everyModulesEventsReachAnOpenPage() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        HttpResponse<java.io.InputStream> stream = http.send(
                HttpRequest.newBuilder(URI.create(console.address() + "/events/stream"))
                        .header("Accept-Language", "zh-CN")
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        assertThat(stream.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
        Thread reader = Thread.ofVirtual()
                .start(() -> new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))
                        .lines()
                        .forEach(lines::add));
        awaitLine(lines, "event:hello");

        var events = console.scene().events;
        events.publishEvent(
                new ProtectionEvents.RunChanged(Scenery.LIVE_RUN, Scenery.DATABASE, BackupRun.State.TRANSFERRING));
        events.publishEvent(new ProtectionEvents.RunProgressed(
                Scenery.LIVE_RUN,
                Scenery.DATABASE,
                new RunProgress(1, 1L << 30, 4L << 30, 1L << 20, 100L << 20, Optional.of(Duration.ofSeconds(31)))));
        events.publishEvent(new ProtectionEvents.PointSuspect(Scenery.MAIL_SUSPECT, Scenery.MAIL, 0, 65_536, 1));
        events.publishEvent(new RecoveryEvents.TakeoverChanged(Scenery.DRILL, Scenery.WEB, Takeover.State.RUNNING));
        events.publishEvent(new FleetEvents.PeerRefused("192.0.2.9", Problem.of(ProblemCode.TOKEN_USED)));

        awaitLine(lines, "event:run");
        awaitLine(lines, "run:" + Scenery.LIVE_RUN);
        awaitLine(lines, "\"permille\":250");
        awaitLine(lines, "剩余 31 秒");
        awaitLine(lines, "event:point");
        awaitLine(lines, "event:takeover");
        awaitLine(lines, "event:alert");
        stream.body().close();
        reader.interrupt();
    }

    @Test
    void assetsAreKeptByTheBrowserUnderANameThatChangesWithThem() throws Exception {
        String page = get("/").body();
        String sheet = page.replaceAll("(?s).*href=\"(/assets/console-[0-9a-f]+\\.css)\".*", "$1");

        HttpResponse<String> answer = get(sheet);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Cache-Control")).contains("max-age=31536000, public, immutable");
        assertThat(get("/").headers().firstValue("Cache-Control"))
                .hasValueSatisfying(value -> assertThat(value).contains("no-store"));
    }

    private static void awaitLine(List<String> lines, String part) {
        await().atMost(Duration.ofSeconds(20)).until(() -> lines.stream().anyMatch(line -> line.contains(part)));
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(console.address() + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** The certificate of the test is signed by nobody. */
    private static final class TrustAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
