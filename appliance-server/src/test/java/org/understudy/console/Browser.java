package org.understudy.console;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A headless Chromium, driven by its DevTools protocol (chromedevtools.github.io/devtools-protocol). One page; what its console
 * says and what its content policy blocks is collected. Not thread-safe.
 */
final class Browser implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final JsonMapper JSON = new JsonMapper();

    private final RunningProcess process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger number = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final String session;
    private int width = 1280;

    /** @param directory an empty one for the profile */
    Browser(Path directory) {
        Path profile = directory.resolve("profile");
        process = new ProcessCommandRunner()
                .start(
                        Command.of(
                                "chromium",
                                "--headless=new",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync",
                                "--disable-default-apps",
                                "--disable-extensions",
                                "--no-first-run",
                                "--mute-audio",
                                "--hide-scrollbars",
                                "--ignore-certificate-errors",
                                "--remote-debugging-port=0",
                                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                                "--user-data-dir=" + profile,
                                "about:blank"),
                        directory.resolve("chromium.log"));
        Path portFile = profile.resolve("DevToolsActivePort");
        await().atMost(Duration.ofSeconds(60))
                .until(() ->
                        Files.exists(portFile) && Files.readAllLines(portFile).size() >= 2);
        try {
            List<String> lines = Files.readAllLines(portFile);
            socket = http.newWebSocketBuilder()
                    .buildAsync(URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1)), new Reader())
                    .join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String target = call("Target.createTarget", Map.of("url", "about:blank"), null)
                .get("targetId")
                .asString();
        session = call("Target.attachToTarget", Map.of("targetId", target, "flatten", true), null)
                .get("sessionId")
                .asString();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", Map.of());
        }
        // Certificates of tests are signed by nobody.
        call("Security.setIgnoreCertificateErrors", Map.of("ignore", true));
    }

    /** @param language sent as Accept-Language; {@code dark} as the preferred colours */
    void look(int newWidth, int height, boolean dark, String language) {
        width = newWidth;
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", newWidth, "height", height, "deviceScaleFactor", 1, "mobile", newWidth < 600));
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
        call("Network.setExtraHTTPHeaders", Map.of("headers", Map.of("Accept-Language", language)));
    }

    void open(String address) {
        evaluate("window.leaving = true");
        call("Page.navigate", Map.of("url", address));
        awaitLoaded();
    }

    /** Clicks and waits for the page that follows. */
    void follow(String selector) {
        evaluate("window.leaving = true");
        click(selector);
        awaitLoaded();
    }

    void click(String selector) {
        evaluate("document.querySelector(" + quoted(selector) + ").click()");
    }

    void type(String selector, String text) {
        evaluate("document.querySelector(" + quoted(selector) + ").value = ''");
        evaluate("document.querySelector(" + quoted(selector) + ").focus()");
        call("Input.insertText", Map.of("text", text));
    }

    void choose(String selector, String value) {
        evaluate("(() => { const field = document.querySelector(" + quoted(selector) + "); field.value = "
                + quoted(value) + "; field.dispatchEvent(new Event('change', {bubbles: true})); })()");
    }

    void awaitText(String selector, String text) {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> text(selector).contains(text));
    }

    /** The visible text of the first match; empty if there is none. */
    String text(String selector) {
        return evaluate("document.querySelector(" + quoted(selector) + ")?.innerText ?? ''")
                .asString();
    }

    JsonNode evaluate(String script) {
        JsonNode answer =
                call("Runtime.evaluate", Map.of("expression", script, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(script + ": " + answer.get("exceptionDetails"));
        }
        return answer.path("result").path("value");
    }

    String location() {
        return evaluate("location.pathname").asString();
    }

    /** How far the page reaches beyond the window, in pixels; 0 is right. */
    int overflow() {
        return evaluate("document.documentElement.scrollWidth").asInt() - width;
    }

    /** Errors that the page wrote to the console or that its content policy reported. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    void forgetComplaints() {
        complaints.clear();
    }

    void forgetCookies() {
        call("Network.clearBrowserCookies", Map.of());
    }

    /** The whole page as PNG. */
    void screenshot(Path file) {
        JsonNode size = call("Page.getLayoutMetrics", Map.of()).get("cssContentSize");
        JsonNode picture = call(
                "Page.captureScreenshot",
                Map.of(
                        "format",
                        "png",
                        "captureBeyondViewport",
                        true,
                        "clip",
                        Map.of(
                                "x",
                                0,
                                "y",
                                0,
                                "width",
                                width,
                                "height",
                                Math.min(size.get("height").asInt(), 6000),
                                "scale",
                                1)));
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, Base64.getDecoder().decode(picture.get("data").asString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        socket.abort();
        process.close();
        http.close();
    }

    private void awaitLoaded() {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(30))
                .until(() -> evaluate("!window.leaving && document.readyState === 'complete'")
                        .asBoolean());
    }

    private JsonNode call(String method, Map<String, Object> parameters) {
        return call(method, parameters, session);
    }

    private JsonNode call(
            String method, Map<String, Object> parameters, @org.jspecify.annotations.Nullable String target) {
        int id = number.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        Map<String, Object> message = new java.util.HashMap<>(Map.of("id", id, "method", method, "params", parameters));
        if (target != null) {
            message.put("sessionId", target);
        }
        socket.sendText(JSON.writeValueAsString(message), true).join();
        return answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    private static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }

    private void received(String text) {
        JsonNode message = JSON.readTree(text);
        if (message.has("id")) {
            CompletableFuture<JsonNode> answer =
                    answers.remove(message.get("id").asInt());
            if (answer != null) {
                if (message.has("error")) {
                    answer.completeExceptionally(
                            new AssertionError(message.get("error").toString()));
                } else {
                    answer.complete(message.get("result"));
                }
            }
            return;
        }
        JsonNode parameters = message.path("params");
        switch (message.path("method").asString("")) {
            case "Log.entryAdded" -> {
                JsonNode entry = parameters.get("entry");
                if (entry.path("level").asString("").equals("error")) {
                    complaints.add(entry.path("text").asString("") + " "
                            + entry.path("url").asString(""));
                }
            }
            case "Runtime.exceptionThrown" -> complaints.add(parameters.toString());
            default -> {
                // Other events are not of interest.
            }
        }
    }

    private final class Reader implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                String whole = text.toString();
                text.setLength(0);
                received(whole);
            }
            webSocket.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }
}
