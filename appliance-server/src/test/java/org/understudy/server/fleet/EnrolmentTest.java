package org.understudy.server.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.core.protocol.Enrolment;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.server.kernel.HostId;

class EnrolmentTest {

    private final FleetServer server = FleetServer.shared();
    private final String machine = "machine-" + java.util.UUID.randomUUID();

    /** Every test comes from the same address, so the failures of the one before must be forgotten. */
    @BeforeEach
    void forgetFailures() {
        server.clock.forward(Duration.ofHours(2));
    }

    @Test
    void aFreshTokenMakesAHostWithACertificateThatIsAccepted() throws Exception {
        TestAgent agent = new TestAgent(server, machine);
        HttpResponse<String> response = agent.enrol(server.newToken());
        assertThat(response.statusCode()).isEqualTo(200);
        Enrolment.Response joined = ProtocolCodec.readDocument(response.body(), Enrolment.Response.class);
        assertThat(joined.authority()).startsWith("-----BEGIN CERTIFICATE-----");
        ProtectedHost host = server.fleet().host(HostId.parse(joined.hostId())).orElseThrow();
        assertThat(host.name()).isEqualTo(machine + ".example");
        assertThat(host.retired()).isFalse();
        assertThat(host.facts()).isEmpty();
        assertThat(server.events.about(host.id()))
                .containsExactly(new FleetEvents.HostEnrolled(host.id(), host.name()));
        TestAgent.Line line = agent.connect();
        assertThat(server.gateway().connected(host.id())).isTrue();
        line.hangUp();
    }

    @Test
    void theCommandNamesTheAgentPortAndTheFingerprintAndTheTokenIsNotStoredInClear() throws Exception {
        Fleet.IssuedToken issued = server.fleet().issueToken(Duration.ofMinutes(5), "tester");
        assertThat(issued.command())
                .isEqualTo("enrol --server 127.0.0.1:" + server.agentPort() + " --fingerprint "
                        + server.identity.fingerprint() + " --token " + issued.token());
        assertThat(issued.token()).hasSize(43);
        assertThat(server.fleet().pendingTokens())
                .extracting(Fleet.PendingToken::id)
                .contains(issued.id());
        javax.sql.DataSource database = server.application.getBean(javax.sql.DataSource.class);
        try (var connection = database.getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "select t.*::text from (select string_agg(fleet_token::text, ' ') " + "from fleet_token) t")) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).contains(issued.id()).doesNotContain(issued.token());
        }
    }

    @Test
    void aTokenThatNobodyIssuedIsRefused() {
        HttpResponse<String> response = new TestAgent(server, machine).enrol("x".repeat(43));
        assertRefused(response, 403, "TOKEN_INVALID");
    }

    @Test
    void anExpiredTokenIsRefused() {
        String token =
                server.fleet().issueToken(Duration.ofMinutes(1), "tester").token();
        server.clock.forward(Duration.ofMinutes(1));
        assertRefused(new TestAgent(server, machine).enrol(token), 403, "TOKEN_EXPIRED");
        assertThat(server.fleet().pendingTokens())
                .noneMatch(pending -> pending.issuedBy().equals(machine));
    }

    @Test
    void aTokenWorksOnce() {
        String token = server.newToken();
        assertThat(new TestAgent(server, machine).enrol(token).statusCode()).isEqualTo(200);
        assertRefused(new TestAgent(server, machine + "-2").enrol(token), 403, "TOKEN_USED");
    }

    @Test
    void ofTwoAtOnceWithTheSameTokenOneJoins() {
        String token = server.newToken();
        List<CompletableFuture<Integer>> both = IntStream.range(0, 4)
                .mapToObj(i -> CompletableFuture.supplyAsync(() ->
                        new TestAgent(server, machine + "-" + i).enrol(token).statusCode()))
                .toList();
        List<Integer> statuses = both.stream().map(CompletableFuture::join).toList();
        assertThat(statuses).containsOnlyOnce(200).contains(403);
        assertThat(server.fleet().hosts().stream().filter(host -> host.name().startsWith(machine)))
                .hasSize(1);
    }

    @Test
    void aProofByAnotherKeyIsRefusedAndTheTokenStaysGood() {
        String token = server.newToken();
        TestAgent agent = new TestAgent(server, machine);
        String stolen = new TestAgent(server, machine).proof(token);
        assertRefused(agent.enrol(agent.request(token, stolen)), 400, "INVALID_REQUEST");
        assertThat(agent.enrol(token).statusCode()).isEqualTo(200);
    }

    @Test
    void requestsThatAreNotRequestsAreRefused() {
        TestAgent agent = new TestAgent(server, machine);
        String token = server.newToken();
        assertRefused(agent.post("{"), 400, "PROTOCOL_VIOLATION");
        assertRefused(agent.post("{}"), 400, "INVALID_REQUEST");
        assertRefused(agent.post("x".repeat(20_000)), 400, "INVALID_REQUEST");
        Enrolment.Request noKey = new Enrolment.Request(token, "h", machine, "bm8ga2V5", agent.proof(token));
        assertRefused(agent.enrol(noKey), 400, "INVALID_REQUEST");
    }

    @Test
    void anAddressThatKeepsFailingMustWaitLongerAndLonger() {
        TestAgent agent = new TestAgent(server, machine);
        for (int i = 0; i < 5; i++) {
            assertRefused(agent.enrol("wrong-" + i), 403, "TOKEN_INVALID");
        }
        String good = server.newToken();
        HttpResponse<String> locked = agent.enrol(good);
        assertRefused(locked, 429, "ENROLMENT_LOCKED");
        assertThat(locked.headers().firstValue("Retry-After")).contains("1");
        server.clock.forward(Duration.ofSeconds(2));
        assertRefused(agent.enrol("wrong again"), 403, "TOKEN_INVALID");
        server.clock.forward(Duration.ofSeconds(1));
        assertRefused(agent.enrol(good), 429, "ENROLMENT_LOCKED");
        server.clock.forward(Duration.ofSeconds(2));
        assertThat(agent.enrol(good).statusCode()).isEqualTo(200);
    }

    @Test
    void theSameMachineStaysTheSameHostAndItsOldCertificateIsRefused() {
        TestAgent before = TestAgent.enrolled(server, machine);
        TestAgent.Line old = before.connect();
        server.fleet().rename(before.host(), "Chosen name " + machine);
        TestAgent after = TestAgent.enrolled(server, machine);
        assertThat(after.host()).isEqualTo(before.host());
        assertThat(server.fleet().host(after.host()).orElseThrow().name()).isEqualTo("Chosen name " + machine);
        old.awaitClosed();
        HttpResponse<String> refused = before.send(wsPath(before));
        assertRefused(refused, 403, "CERTIFICATE_REFUSED");
        after.connect().hangUp();
    }

    @Test
    void aRetiredHostIsRefusedAndItsMachineJoinsAsAnother() {
        TestAgent agent = TestAgent.enrolled(server, machine);
        TestAgent.Line line = agent.connect();
        server.fleet().retire(agent.host());
        line.awaitClosed();
        assertRefused(agent.send(wsPath(agent)), 403, "CERTIFICATE_REFUSED");
        await().untilAsserted(() -> assertThat(server.events.of(FleetEvents.PeerRefused.class))
                .anySatisfy(refusal ->
                        assertThat(refusal.problem().values().get("reason")).contains(machine, "removed")));
        assertThat(server.events.about(agent.host()))
                .hasAtLeastOneElementOfType(FleetEvents.HostRetired.class)
                .hasAtLeastOneElementOfType(FleetEvents.AgentDisconnected.class);
        assertThat(TestAgent.enrolled(server, machine).host()).isNotEqualTo(agent.host());
    }

    @Test
    void aHostRestoredFromThePoolIsAcceptedWithTheFirstCertificateThatItShows() {
        TestAgent agent = new TestAgent(server, machine);
        HostId host = HostId.random();
        var disks = List.of(new ProtectedHost.ProtectedDisk(3, "disk-b", true));
        ProtectedHost restored = server.fleet().restore(host, "From the pool", server.clock.instant(), disks);
        assertThat(server.fleet()
                        .restore(host, "From the pool", server.clock.instant(), disks)
                        .disks())
                .isEqualTo(restored.disks())
                .isEqualTo(disks);
        agent.present(server.identity.issueAgentCertificate(host, agent.key.getPublic()));
        assertThat(agent.send(wsPath(agent)).statusCode()).isEqualTo(400);
        agent.present(server.identity.issueAgentCertificate(host, agent.key.getPublic()));
        assertRefused(agent.send(wsPath(agent)), 403, "CERTIFICATE_REFUSED");
    }

    private HttpRequest wsPath(TestAgent agent) {
        return agent.to(server.agentPort(), "/agent/v1/ws").GET().build();
    }

    static void assertRefused(HttpResponse<String> response, int status, String code) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/problem+json");
        assertThat(Stream.of(
                        "\"type\"", "\"title\"", "\"status\"", "\"detail\"", "\"values\"", "\"code\":\"" + code + "\""))
                .allSatisfy(part -> assertThat(response.body()).contains(part));
    }
}
