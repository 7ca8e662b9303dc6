package org.understudy.demo.process;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The REST API as any client uses it: HTTPS with the appliance's own authority as the only trusted one. Thread-safe. */
public final class ApiClient {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final JsonMapper JSON = JsonMapper.shared();

    /** An answer that is not a success, with the problem document that came with it. */
    public static final class ApiException extends RuntimeException {

        private final int status;
        private final String code;

        ApiException(int status, String code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }

        public int status() {
            return status;
        }

        public String code() {
            return code;
        }
    }

    private final HttpClient http;
    private final URI base;
    private final Optional<String> token;

    private ApiClient(HttpClient http, URI base, Optional<String> token) {
        this.http = http;
        this.base = base;
        this.token = token;
    }

    /**
     * A client that is not logged in.
     *
     * @param authority PEM file that holds the appliance's CA certificate
     */
    public static ApiClient connect(int consolePort, Path authority) throws IOException {
        HttpClient http = HttpClient.newBuilder()
                .sslContext(trustOnly(authority))
                .connectTimeout(TIMEOUT)
                .build();
        return new ApiClient(http, URI.create("https://localhost:" + consolePort + "/api/v1/"), Optional.empty());
    }

    /** Logs in and returns a client that carries a token. */
    public ApiClient logIn(String user, String password) throws InterruptedException {
        JsonNode answer = post("tokens", Map.of("user", user, "password", password, "name", "demo"));
        return new ApiClient(http, base, Optional.of(answer.get("token").asString()));
    }

    public JsonNode get(String path) throws InterruptedException {
        return JSON.readTree(send("GET", path, null).body());
    }

    public byte[] getBytes(String path) throws InterruptedException {
        return send("GET", path, null).body();
    }

    public JsonNode post(String path, @Nullable Object body) throws InterruptedException {
        return json(send("POST", path, body));
    }

    public JsonNode put(String path, Object body) throws InterruptedException {
        return json(send("PUT", path, body));
    }

    public JsonNode patch(String path, Object body) throws InterruptedException {
        return json(send("PATCH", path, body));
    }

    public void delete(String path) throws InterruptedException {
        send("DELETE", path, null);
    }

    private static JsonNode json(HttpResponse<byte[]> response) {
        return response.body().length == 0 ? JSON.nullNode() : JSON.readTree(response.body());
    }

    private HttpResponse<byte[]> send(String method, String path, @Nullable Object body) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path))
                .timeout(TIMEOUT)
                .header("Accept", "application/json, image/png, application/problem+json");
        token.ifPresent(value -> request.header("Authorization", "Bearer " + value));
        if (body == null) {
            request.method(method, HttpRequest.BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json")
                    .method(method, HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)));
        }
        HttpResponse<byte[]> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(method + " " + base.resolve(path) + ": " + e, e);
        }
        if (response.statusCode() >= 300) {
            throw failure(method, path, response);
        }
        return response;
    }

    private static ApiException failure(String method, String path, HttpResponse<byte[]> response) {
        String text = new String(response.body(), StandardCharsets.UTF_8);
        String code = "";
        if (response.headers().firstValue("Content-Type").orElse("").contains("json")) {
            JsonNode found = JSON.readTree(text).get("code");
            code = found == null ? "" : found.asString();
        }
        return new ApiException(
                response.statusCode(), code, method + " " + path + " -> " + response.statusCode() + " " + text);
    }

    private static SSLContext trustOnly(Path authority) throws IOException {
        String pem = Files.readString(authority, StandardCharsets.US_ASCII);
        byte[] certificatePart = pem.substring(Math.max(0, pem.indexOf("-----BEGIN CERTIFICATE-----")))
                .getBytes(StandardCharsets.US_ASCII);
        try (InputStream in = new ByteArrayInputStream(certificatePart)) {
            Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(in);
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("appliance", certificate);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the appliance's authority " + authority + " cannot be used", e);
        }
    }
}
