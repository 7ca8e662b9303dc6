package org.understudy.server.recovery.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.server.recovery.Takeover.Probe;
import org.understudy.server.recovery.internal.Prober.Answer;

/** Guests that answer well, badly, slowly, and with ill will. */
class ProberTest {

    private static final Prober PROBER = new Prober(Duration.ofSeconds(2), Duration.ofMillis(700));

    private ServerSocket server = listen();

    private static ServerSocket listen() {
        try {
            return new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the guest does with a connection. */
    private interface Guest {
        void serve(Socket connection, OutputStream out) throws IOException, InterruptedException;
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    private Answer ask(Optional<String> expect, Guest guest) throws IOException {
        server.close();
        server = listen();
        Thread.ofVirtual().start(() -> {
            try (Socket connection = server.accept();
                    OutputStream out = connection.getOutputStream()) {
                connection.getInputStream().read(new byte[1000]);
                guest.serve(connection, out);
            } catch (IOException | InterruptedException e) {
                // The prober has turned away, which is what some of these tests want.
                Thread.currentThread().interrupt();
            }
        });
        return PROBER.ask(server.getInetAddress(), new Probe.Http(server.getLocalPort(), "/", expect));
    }

    private Answer answered(String text, Optional<String> expect) throws IOException {
        return ask(expect, (connection, out) -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String reason(Answer answer) {
        assertThat(answer).isInstanceOf(Answer.NotYet.class);
        return ((Answer.NotYet) answer).reason();
    }

    @Test
    void aGoodAnswerPassesWithItsDigest() throws IOException {
        Answer answer = answered("HTTP/1.1 204 No Content\r\nX: y\r\n\r\nabc", Optional.of("b"));
        assertThat(answer)
                .isEqualTo(new Answer.Passed(
                        Optional.of("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
                        Optional.of("abc")));
    }

    @Test
    void bareLineEndsAreUnderstood() throws IOException {
        assertThat(answered("HTTP/1.0 200\n\nhello", Optional.of("hello"))).isInstanceOf(Answer.Passed.class);
    }

    @Test
    void otherStatusesAndOtherTextsDoNotPassButAreKept() throws IOException {
        Answer moved = answered("HTTP/1.0 302 Found\r\n\r\nelsewhere", Optional.empty());
        assertThat(reason(moved)).contains("302");
        assertThat(((Answer.NotYet) moved).bodyStart()).hasValue("elsewhere");
        assertThat(reason(answered("HTTP/1.0 200 OK\r\n\r\nhello", Optional.of("bye"))))
                .contains("expected text");
        assertThat(reason(answered("SSH-2.0-OpenSSH\r\n\r\n", Optional.empty())))
                .contains("SSH-2.0");
    }

    @Test
    void anAnswerThatDripsIsCutOff() throws IOException {
        long began = System.nanoTime();
        Answer answer = ask(Optional.empty(), (connection, out) -> {
            for (int i = 0; i < 100; i++) {
                out.write('H');
                out.flush();
                Thread.sleep(50);
            }
        });
        assertThat(reason(answer)).isNotEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
    }

    @Test
    void aHeadWithoutEndIsCutOff() throws IOException {
        Answer answer = ask(Optional.empty(), (connection, out) -> {
            byte[] line = "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"
                    .getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 100_000; i++) {
                out.write(line);
            }
        });
        assertThat(reason(answer)).isNotEmpty();
    }

    @Test
    void whatTheDatabaseCannotKeepIsReplacedAndTheRestShortened() throws IOException {
        Answer answer = answered("HTTP/1.0 200 OK\r\n\r\na\0" + "é".repeat(3000), Optional.empty());
        assertThat(answer)
                .isInstanceOfSatisfying(
                        Answer.Passed.class,
                        passed -> assertThat(passed.bodyStart())
                                .hasValueSatisfying(text ->
                                        assertThat(text).startsWith("a\uFFFDé").hasSize(2000)));
    }

    @Test
    void nobodyThereIsNotYet() throws IOException {
        int port = server.getLocalPort();
        server.close();
        assertThat(reason(PROBER.ask(InetAddress.getByName("127.0.0.1"), new Probe.Tcp(port))))
                .contains(Integer.toString(port));
    }
}
