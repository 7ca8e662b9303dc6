package org.understudy.server.recovery.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import org.understudy.server.recovery.Takeover.Probe;

/**
 * Asks a guest one question over a plain socket that is opened on the calling thread, since that thread may stand in the guests'
 * network namespace. HTTP is spoken as version 1.0 (RFC 1945), whose answers are neither chunked nor kept open. Never reads more
 * than it keeps: a guest is not trusted.
 *
 * @param connectLimit longest wait for a connection
 * @param answerLimit longest wait for the whole answer
 */
record Prober(Duration connectLimit, Duration answerLimit) {

    private static final int MAX_HEAD = 64 * 1024;
    private static final int MAX_BODY = 4 * 1024 * 1024;
    private static final int KEPT_CHARACTERS = 2000;

    /** What the guest said. */
    sealed interface Answer {

        /** @param bodySha256 and {@code bodyStart}: of an HTTP answer */
        record Passed(Optional<String> bodySha256, Optional<String> bodyStart) implements Answer {}

        /** @param reason for people */
        record NotYet(String reason, Optional<String> bodySha256, Optional<String> bodyStart) implements Answer {}
    }

    /** A probe for people: {@code HTTP :80/health}. */
    static String label(Probe probe) {
        return switch (probe) {
            case Probe.Tcp tcp -> "TCP :" + tcp.port();
            case Probe.Http http -> "HTTP :" + http.port() + http.path();
        };
    }

    Answer ask(InetAddress address, Probe probe) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, probe.port()), millis(connectLimit));
            return switch (probe) {
                case Probe.Tcp ignored -> new Answer.Passed(Optional.empty(), Optional.empty());
                case Probe.Http http -> http(socket, address, http);
            };
        } catch (IOException e) {
            return new Answer.NotYet(
                    address.getHostAddress() + ":" + probe.port() + ": " + e.getMessage(),
                    Optional.empty(),
                    Optional.empty());
        }
    }

    private Answer http(Socket socket, InetAddress address, Probe.Http probe) throws IOException {
        long end = System.nanoTime() + answerLimit.toNanos();
        String request = "GET " + probe.path() + " HTTP/1.0\r\nHost: " + address.getHostAddress()
                + "\r\nUser-Agent: understudy\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
        InputStream in = socket.getInputStream();
        String status = head(socket, in, end);
        byte[] body = body(socket, in, end);
        Optional<String> digest = Optional.of(sha256(body));
        Optional<String> start = Optional.of(start(body));
        if (!status.matches("HTTP/[0-9.]+ 2[0-9][0-9]( .*)?")) {
            return new Answer.NotYet("HTTP status: " + printable(status, 200), digest, start);
        }
        if (probe.expect().isPresent()
                && !new String(body, StandardCharsets.UTF_8)
                        .contains(probe.expect().get())) {
            return new Answer.NotYet("the answer does not hold the expected text", digest, start);
        }
        return new Answer.Passed(digest, start);
    }

    /** Reads to the empty line; returns the status line. */
    private static String head(Socket socket, InputStream in, long end) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0 && head.indexOf("\n\n") < 0) {
            int next = read(socket, in, end);
            if (next < 0) {
                throw new IOException("the connection ended within the head of the answer");
            }
            head.append((char) next);
            if (head.length() > MAX_HEAD) {
                throw new IOException("the head of the answer is longer than " + MAX_HEAD + " bytes");
            }
        }
        return head.toString().lines().findFirst().orElse("");
    }

    private static byte[] body(Socket socket, InputStream in, long end) throws IOException {
        java.io.ByteArrayOutputStream body = new java.io.ByteArrayOutputStream();
        byte[] buffer = new byte[16 * 1024];
        while (body.size() < MAX_BODY) {
            limit(socket, end);
            int n = in.read(buffer, 0, Math.min(buffer.length, MAX_BODY - body.size()));
            if (n < 0) {
                break;
            }
            body.write(buffer, 0, n);
        }
        return body.toByteArray();
    }

    private static int read(Socket socket, InputStream in, long end) throws IOException {
        limit(socket, end);
        return in.read();
    }

    /** The limit holds for the whole answer: one byte a second must not hold a probe for ever. */
    private static void limit(Socket socket, long end) throws IOException {
        long left = end - System.nanoTime();
        if (left <= 0) {
            throw new IOException("no whole answer in time");
        }
        socket.setSoTimeout((int) Math.max(1, left / 1_000_000));
    }

    private static int millis(Duration duration) {
        return (int) Math.max(1, duration.toMillis());
    }

    private static String start(byte[] body) {
        return printable(new String(body, StandardCharsets.UTF_8), KEPT_CHARACTERS);
    }

    /** Shortened, without NUL (which the database cannot keep) and without half a character at the end. */
    private static String printable(String text, int length) {
        String clean = text.replace('\0', '\uFFFD');
        if (clean.length() <= length) {
            return clean;
        }
        int end = Character.isHighSurrogate(clean.charAt(length - 1)) ? length - 1 : length;
        return clean.substring(0, end);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
