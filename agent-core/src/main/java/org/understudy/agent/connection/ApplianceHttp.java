package org.understudy.agent.connection;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.understudy.agent.tls.AgentTls;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * HTTPS to the agent port of one appliance. Files are streamed. A thread that waits for an answer is freed by an interrupt
 * ({@code CANCELLED}, interrupt flag kept). Thread-safe.
 */
public final class ApplianceHttp {

    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
    private static final int MAX_PROBLEM_BYTES = 1 << 16;

    private final ServerAddress server;
    private final HttpClient client;

    public ApplianceHttp(ServerAddress server, SSLContext tls) {
        this.server = server;
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_LIMIT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .sslContext(tls)
                .sslParameters(AgentTls.parameters())
                .build();
    }

    ServerAddress server() {
        return server;
    }

    HttpClient client() {
        return client;
    }

    /** Posts a JSON document and returns the JSON answer. */
    public String post(String path, String json) {
        HttpRequest request = request(path)
                .header("Content-Type", "application/json")
                .timeout(ANSWER_LIMIT)
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        return text(request, path);
    }

    /** Gets a JSON document. */
    public String get(String path) {
        return text(request(path).timeout(ANSWER_LIMIT).GET().build(), path);
    }

    private String text(HttpRequest request, String path) {
        HttpResponse<String> response = send(request, path, BodyHandlers.ofString());
        if (response.statusCode() / 100 != 2) {
            throw ProblemDocument.read(response.statusCode(), path, response.body())
                    .asException();
        }
        return response.body();
    }

    /** Uploads a file with its length known beforehand. */
    public void put(String path, Path file) {
        try {
            HttpRequest request = request(path)
                    .header("Content-Type", "application/octet-stream")
                    .PUT(HttpRequest.BodyPublishers.ofFile(file))
                    .build();
            HttpResponse<String> response = send(request, path, BodyHandlers.ofString());
            if (response.statusCode() / 100 != 2) {
                throw ProblemDocument.read(response.statusCode(), path, response.body())
                        .asException();
            }
        } catch (FileNotFoundException e) {
            throw new IllegalArgumentException("there is no file " + file, e);
        }
    }

    /** Downloads into a file, which is replaced. */
    public void get(String path, Path file) {
        HttpRequest request = request(path).GET().build();
        HttpResponse<Object> response = send(
                request,
                path,
                info -> info.statusCode() / 100 == 2
                        ? BodySubscribers.mapping(BodySubscribers.ofFile(file), done -> done)
                        : BodySubscribers.mapping(BodySubscribers.ofInputStream(), stream -> stream));
        if (response.body() instanceof InputStream refusal) {
            throw ProblemDocument.read(response.statusCode(), path, text(refusal))
                    .asException();
        }
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readNBytes(MAX_PROBLEM_BYTES), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "unreadable answer: " + e;
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.uri("https", path));
    }

    private <T> HttpResponse<T> send(HttpRequest request, String what, HttpResponse.BodyHandler<T> handler) {
        try {
            return client.send(request, handler);
        } catch (IOException e) {
            throw TransportProblems.explain(e, server).asException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of(ProblemCode.CANCELLED, "what", what).asException(e);
        }
    }
}
