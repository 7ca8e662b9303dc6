package org.understudy.server.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLSocket;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.core.protocol.ServerMessage;

class GatewayTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    private final FleetServer server = FleetServer.shared();
    private final AgentGateway gateway = server.gateway();
    private final String machine = "gateway-" + UUID.randomUUID();
    private final TestAgent agent = TestAgent.enrolled(server, machine);
    private final String run = UUID.randomUUID().toString();

    @Test
    void factsAreStoredOnConnectionAndAllDisksOfANewHostAreSelected() {
        TestAgent.Line line = agent.connect();
        ProtectedHost host = server.fleet().host(agent.host()).orElseThrow();
        assertThat(host.connected()).isTrue();
        assertThat(host.agentVersion()).isEqualTo("1.2.3");
        assertThat(host.facts()).contains(agent.facts("disk-a", "disk-b"));
        assertThat(host.disks())
                .containsExactly(
                        new ProtectedHost.ProtectedDisk(0, "disk-a", true),
                        new ProtectedHost.ProtectedDisk(1, "disk-b", true));
        CompletableFuture<HostFacts> refreshed = gateway.refreshFacts(agent.host());
        ServerMessage.DescribeHost describe = line.expect(ServerMessage.DescribeHost.class);
        line.say(new AgentMessage.HostDescription(describe.request(), agent.facts("disk-b", "disk-c")));
        assertThat(refreshed.join().disks()).hasSize(2);
        assertThat(server.fleet().numberDisks(agent.host()))
                .extracting(ProtectedHost.ProtectedDisk::key)
                .containsExactly("disk-a", "disk-b");
        assertThat(server.fleet().selectDisks(agent.host(), Set.of("disk-c")).disks())
                .contains(new ProtectedHost.ProtectedDisk(2, "disk-c", true))
                .contains(new ProtectedHost.ProtectedDisk(0, "disk-a", false));
        assertThatThrownBy(() -> server.fleet().selectDisks(agent.host(), Set.of("disk-z")))
                .isInstanceOf(ProblemException.class);
        line.hangUp();
        await().until(() -> !gateway.connected(agent.host()));
        assertThat(server.fleet().host(agent.host()).orElseThrow().lastSeen()).isPresent();
    }

    @Test
    void aRequestIsAnsweredAndProgressIsHeard() throws Exception {
        TestAgent.Line line = agent.connect();
        List<AgentMessage.Progress> progress = new CopyOnWriteArrayList<>();
        try (AutoCloseable listening = gateway.onProgress(agent.host(), progress::add)) {
            assertThat(listening).isNotNull();
            CompletableFuture<AgentMessage.RunEnded> answer = end(LONG);
            ServerMessage.EndRun asked = line.expect(ServerMessage.EndRun.class);
            AgentMessage.Progress step = new AgentMessage.Progress(run, 1, 5, 10, 5);
            line.say(step);
            line.say(new AgentMessage.RunEnded(asked.request(), run));
            assertThat(answer.join()).isEqualTo(new AgentMessage.RunEnded(asked.request(), run));
            assertThat(progress).containsExactly(step);
        }
        line.hangUp();
    }

    @Test
    void theAgentsOwnProblemFailsTheRequest() {
        TestAgent.Line line = agent.connect();
        CompletableFuture<AgentMessage.RunEnded> answer = end(LONG);
        long number = line.expect(ServerMessage.EndRun.class).request();
        line.say(new AgentMessage.Failed(
                number,
                run,
                ProblemCode.SCRIPT_FAILED,
                Map.of("script", "post\u0007", "bad name!", "x"),
                "said\nthis"));
        problemOf(answer).satisfies(e -> {
            assertThat(e.problem().code()).isEqualTo(ProblemCode.SCRIPT_FAILED);
            assertThat(e.problem().values()).isEqualTo(Map.of("script", "post?"));
            assertThat(e.problem().details()).isEqualTo("said\nthis");
        });
        assertThat(gateway.connected(agent.host())).isTrue();
        line.hangUp();
    }

    @Test
    void anAnswerOfTheWrongTypeOrRunIsAViolation() {
        TestAgent.Line line = agent.connect();
        CompletableFuture<AgentMessage.RunEnded> answer = end(LONG);
        long number = line.expect(ServerMessage.EndRun.class).request();
        line.say(new AgentMessage.RunBegun(number, run, List.of()));
        problemOf(answer).satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION));
        assertThat(line.expect(ServerMessage.Refused.class).code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION);
        line.awaitClosed();

        TestAgent.Line again = agent.connect();
        CompletableFuture<AgentMessage.RunEnded> second = end(LONG);
        long next = again.expect(ServerMessage.EndRun.class).request();
        again.say(new AgentMessage.RunEnded(next, UUID.randomUUID().toString()));
        problemOf(second).satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION));
        again.awaitClosed();
    }

    @Test
    void silenceTimesARequestOutAndProgressKeepsItAlive() throws InterruptedException {
        TestAgent.Line line = agent.connect();
        CompletableFuture<AgentMessage.RunEnded> answer = end(Duration.ofMillis(600));
        long number = line.expect(ServerMessage.EndRun.class).request();
        for (int i = 1; i <= 5; i++) {
            // The agent's pace, not a wait for the server.
            java.util.concurrent.TimeUnit.MILLISECONDS.sleep(200);
            line.say(new AgentMessage.Progress(run, 1, i, 10, i));
        }
        assertThat(answer).isNotDone();
        problemOf(answer).satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.AGENT_TIMEOUT));
        line.say(new AgentMessage.RunEnded(number, run));
        CompletableFuture<AgentMessage.RunEnded> next = end(LONG);
        line.say(new AgentMessage.RunEnded(
                line.expect(ServerMessage.EndRun.class).request(), run));
        assertThat(next.join().run()).isEqualTo(run);
        line.hangUp();
    }

    @Test
    void requestsFailWhenTheAgentIsAwayOrTheConnectionBreaks() {
        problemOf(end(LONG)).satisfies(e -> {
            assertThat(e.problem().code()).isEqualTo(ProblemCode.AGENT_OFFLINE);
            assertThat(e.problem().values()).containsEntry("host", machine + ".example");
        });
        TestAgent.Line line = agent.connect();
        CompletableFuture<AgentMessage.RunEnded> answer = end(LONG);
        line.expect(ServerMessage.EndRun.class);
        line.hangUp();
        problemOf(answer).satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.AGENT_CONNECTION_LOST));
        assertThat(gateway.connected(agent.host())).isFalse();
    }

    @Test
    void aNewerConnectionReplacesTheOlder() {
        TestAgent.Line first = agent.connect();
        CompletableFuture<AgentMessage.RunEnded> pending = end(LONG);
        first.expect(ServerMessage.EndRun.class);
        TestAgent.Line second = agent.connect();
        first.awaitClosed();
        problemOf(pending).satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.AGENT_CONNECTION_LOST));
        assertThat(gateway.connected(agent.host())).isTrue();
        await().untilAsserted(() -> assertThat(server.events.about(agent.host()))
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("HostEnrolled", "AgentConnected", "AgentDisconnected", "AgentConnected"));
        second.hangUp();
    }

    @Test
    void anAgentOfAnotherProtocolVersionIsToldSo() {
        TestAgent.Line line = agent.dial();
        line.say(TestAgent.hello(2, 3));
        ServerMessage.Refused refused = line.expect(ServerMessage.Refused.class);
        assertThat(refused.code()).isEqualTo(ProblemCode.PROTOCOL_VERSION);
        assertThat(refused.values()).containsEntry("agent", "2-3").containsEntry("appliance", "1-1");
        line.awaitClosed();
        assertThat(gateway.connected(agent.host())).isFalse();
        TestAgent.Line newer = agent.dial();
        newer.say(TestAgent.hello(1, 7));
        assertThat(newer.expect(ServerMessage.Welcome.class))
                .isEqualTo(new ServerMessage.Welcome(1, agent.host().toString(), 1));
        newer.hangUp();
    }

    @Test
    void aConnectionWithoutHelloIsEndedAfterTheLimit() {
        TestAgent.Line line = agent.dial();
        assertThat(line.expect(ServerMessage.Refused.class).code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION);
        line.awaitClosed();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "null",
                "[]",
                "{\"type\":\"progress\"}",
                "{\"type\":\"hello\",\"protocolMin\":1,\"protocolMax\":1,\"agentVersion\":\"1\",\"operatingSystem\":\"x\",\"hostName\":\"x\",\"capabilities\":[]}",
                "{\"type\":\"runEnded\",\"request\":99,\"run\":\"00000000-0000-0000-0000-000000000000\"}",
                "{\"type\":\"runEnded\",\"request\":1,\"run\":\"../../etc\"}",
                "{\"type\":\"hostDescription\",\"request\":1}",
                "{\"type\":\"failed\",\"request\":1,\"code\":null,\"values\":null}",
                "{\"request\":1}"
            })
    void malformedFramesEndTheConnectionWithAReason(String frame) {
        TestAgent.Line line = agent.connect();
        line.raw(frame);
        assertThat(line.expect(ServerMessage.Refused.class).code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION);
        line.awaitClosed();
        await().until(() -> !gateway.connected(agent.host()));
    }

    @Test
    void oversizedBinaryAndTooManyFramesEndTheConnection() {
        TestAgent.Line line = agent.connect();
        String piece = "x".repeat(100_000);
        // The server may close while we are still sending, which is right as well.
        CompletableFuture<?> sending = line.socket().sendText(piece, false);
        for (int i = 0; i < 10; i++) {
            sending = sending.thenCompose(done -> line.socket().sendText(piece, false));
        }
        line.awaitClosed();

        TestAgent.Line binary = agent.connect();
        binary.socket().sendBinary(ByteBuffer.wrap(new byte[16]), true).join();
        assertThat(binary.expect(ServerMessage.Refused.class).code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION);
        binary.awaitClosed();

        TestAgent.Line flood = agent.connect();
        CompletableFuture<?> flooding = CompletableFuture.completedFuture(null);
        String progress = ProtocolCodec.write(new AgentMessage.Progress(run, 1, 1, 1, 1));
        for (int i = 0; i < 400; i++) {
            flooding = flooding.thenCompose(done -> flood.socket().sendText(progress, true));
        }
        assertThat(flood.expect(ServerMessage.Refused.class).code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION);
        flood.awaitClosed();
    }

    @Test
    void messagesFromTheFutureAreAnsweredAndDoNotEndTheConnection() {
        TestAgent.Line line = agent.connect();
        line.raw("{\"type\":\"dream\",\"request\":4}");
        assertThat(line.expect(ServerMessage.Unsupported.class)).isEqualTo(new ServerMessage.Unsupported("dream"));
        CompletableFuture<AgentMessage.RunEnded> answer = end(LONG);
        long number = line.expect(ServerMessage.EndRun.class).request();
        line.say(new AgentMessage.Unsupported(number, "endRun"));
        problemOf(answer).satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CAPABILITY_MISSING));
        line.hangUp();
    }

    @Test
    void hostileFactsAreNotStored() {
        TestAgent.Line line = agent.connect();
        HostFacts stored =
                server.fleet().host(agent.host()).orElseThrow().facts().orElseThrow();
        String[] many = java.util.stream.IntStream.rangeClosed(0, 256)
                .mapToObj(i -> "disk-" + i)
                .toArray(String[]::new);
        for (HostFacts hostile : List.of(
                agent.facts("../../etc/passwd"),
                agent.facts(".."),
                agent.facts("disk-a", "disk-a"),
                agent.facts(many),
                agent.facts("x".repeat(129)))) {
            var unused = gateway.refreshFacts(agent.host());
            ServerMessage.DescribeHost describe = line.expect(ServerMessage.DescribeHost.class);
            line.say(new AgentMessage.HostDescription(describe.request(), hostile));
            assertThat(line.expect(ServerMessage.Refused.class).code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION);
            line.awaitClosed();
            assertThat(server.fleet().host(agent.host()).orElseThrow().facts()).contains(stored);
            line = agent.connect();
        }
        line.hangUp();
    }

    @Test
    void anAgentThatAnswersNoPingsIsGivenUp() throws IOException {
        try (SSLSocket socket = rawConnection()) {
            assertThat(socket.isConnected()).isTrue();
            await().atMost(Duration.ofSeconds(8)).until(() -> !gateway.connected(agent.host()));
            assertDisconnected("no sign of life");
        }
    }

    @Test
    void anAgentThatDoesNotReadIsGivenUpBeforeItsMessagesPileUp() throws IOException {
        List<String> manyDisks = java.util.stream.IntStream.range(0, 1000)
                .mapToObj(i -> "disk-" + i + "x".repeat(100))
                .toList();
        try (SSLSocket socket = rawConnection()) {
            assertThat(socket.isConnected()).isTrue();
            for (int i = 0; i < 1000 && gateway.connected(agent.host()); i++) {
                gateway.tell(agent.host(), new ServerMessage.BeginRun(i, run, manyDisks, 1, false));
            }
            await().until(() -> !gateway.connected(agent.host()));
            assertDisconnected("too slowly");
        }
    }

    private void assertDisconnected(String reason) {
        await().untilAsserted(() -> assertThat(server.events.about(agent.host()))
                .anySatisfy(event -> assertThat(event)
                        .isInstanceOfSatisfying(
                                FleetEvents.AgentDisconnected.class,
                                gone -> assertThat(gone.reason()).contains(reason))));
    }

    /** A connection by hand that says Hello and reads nothing after the handshake. */
    private SSLSocket rawConnection() throws IOException {
        SSLSocket socket = (SSLSocket) agent.tls().getSocketFactory().createSocket("127.0.0.1", server.agentPort());
        OutputStream out = socket.getOutputStream();
        out.write(("GET /agent/v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 101");
        out.write(maskedText(ProtocolCodec.write(TestAgent.hello(1, 1))));
        await().until(() -> gateway.connected(agent.host()));
        return socket;
    }

    private static byte[] maskedText(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        // RFC 6455 5.2 with a mask of zeros: text, final, 16-bit length.
        return ByteBuffer.allocate(8 + bytes.length)
                .put((byte) 0x81)
                .put((byte) (0x80 | 126))
                .putShort((short) bytes.length)
                .putInt(0)
                .put(bytes)
                .array();
    }

    private CompletableFuture<AgentMessage.RunEnded> end(Duration silence) {
        return gateway.request(
                agent.host(),
                number -> new ServerMessage.EndRun(number, run, null),
                AgentMessage.RunEnded.class,
                silence);
    }

    private static AbstractThrowableAssert<?, ProblemException> problemOf(CompletableFuture<?> failing) {
        try {
            failing.orTimeout(10, java.util.concurrent.TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            return assertThat(e.getCause())
                    .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.throwable(ProblemException.class));
        }
        throw new AssertionError("no failure");
    }
}
