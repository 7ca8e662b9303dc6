package org.understudy.server.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;

class AgentPortTest {

    private final FleetServer server = FleetServer.shared();
    private final String machine = "port-" + UUID.randomUUID();

    @Test
    void portsAreWrittenWhenTheServerIsReady() throws IOException {
        Map<String, String> ports = Files.readAllLines(server.data.resolve("ports.properties")).stream()
                .map(line -> line.split("="))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
        assertThat(ports)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "console", Integer.toString(server.consolePort()),
                        "agent", Integer.toString(server.agentPort())));
        assertThat(server.consolePort()).isNotEqualTo(server.agentPort()).isPositive();
    }

    @Test
    void agentPathsDoNotExistOnThePeoplesPort() {
        TestAgent agent = TestAgent.enrolled(server, machine);
        for (String path : List.of(
                "/agent/v1/enrol",
                "/agent/v1/ws",
                "/agent/",
                "/agent/v1/../v1/ws",
                "/agent/packages/../v1/ws",
                "/agent/packages/%2e%2e/v1/ws")) {
            HttpResponse<String> response =
                    agent.send(agent.to(server.consolePort(), path).GET().build());
            assertThat(response.statusCode()).as(path).isIn(400, 404);
        }
    }

    @Test
    void nothingButAgentPathsExistsOnTheAgentPort() {
        TestAgent agent = TestAgent.enrolled(server, machine);
        for (String path : List.of("/", "/login", "/actuator/health", "/api/v1/hosts", "/agent/v1x", "/agent/v2/ws")) {
            HttpResponse<String> response =
                    agent.send(agent.to(server.agentPort(), path).GET().build());
            EnrolmentTest.assertRefused(response, 404, "NOT_FOUND");
        }
    }

    @Test
    void withoutACertificateOnlyEnrolmentIsOpen() {
        TestAgent nobody = new TestAgent(server, machine);
        EnrolmentTest.assertRefused(
                nobody.send(nobody.to(server.agentPort(), "/agent/v1/ws").GET().build()), 403, "CERTIFICATE_REFUSED");
        EnrolmentTest.assertRefused(
                nobody.send(
                        nobody.to(server.agentPort(), "/agent/v1/enrol").GET().build()),
                403,
                "CERTIFICATE_REFUSED");
    }

    @Test
    void aCertificateOfAnotherAuthorityIsRefusedInTheHandshakeAndReported(@TempDir java.nio.file.Path directory) {
        TestIdentity foreign = new TestIdentity(directory);
        TestAgent agent = new TestAgent(server, machine);
        HostId somebody = HostId.random();
        agent.present(foreign.issueAgentCertificate(somebody, agent.key.getPublic()));
        assertThatThrownBy(() -> agent.send(
                        agent.to(server.agentPort(), "/agent/v1/ws").GET().build()))
                .hasRootCauseInstanceOf(javax.net.ssl.SSLException.class);
        await().untilAsserted(() -> assertThat(server.events.of(FleetEvents.PeerRefused.class))
                .anySatisfy(refusal -> {
                    assertThat(refusal.peerAddress()).isEqualTo("127.0.0.1");
                    assertThat(refusal.problem().code().name()).isEqualTo("CERTIFICATE_REFUSED");
                    assertThat(refusal.problem().values().get("reason")).contains("CN=" + somebody);
                }));
    }

    @Test
    void aCertificateOfOursForNoKnownHostIsRefused() {
        TestAgent agent = new TestAgent(server, machine);
        agent.present(server.identity.issueAgentCertificate(HostId.random(), agent.key.getPublic()));
        HttpRequest request = agent.to(server.agentPort(), "/agent/v1/ws").GET().build();
        EnrolmentTest.assertRefused(agent.send(request), 403, "CERTIFICATE_REFUSED");
        agent.present(server.identity.issue("CN=server", agent.key.getPublic()));
        EnrolmentTest.assertRefused(agent.send(request), 403, "CERTIFICATE_REFUSED");
    }

    @Test
    void digestsAreStreamedBothWays() {
        TestAgent agent = TestAgent.enrolled(server, machine);
        byte[] file = new byte[300_000];
        new Random(7).nextBytes(file);
        RunId run = new RunId(UUID.randomUUID());
        server.digests.runs.put(run, agent.host());
        assertThat(put(agent, run, "wwn-0x5000:1", file).statusCode()).isEqualTo(204);
        assertThat(server.digests.files.get(run + "/wwn-0x5000:1")).isEqualTo(file);

        PointId point = new PointId(UUID.randomUUID());
        server.digests.points.put(point, agent.host());
        server.digests.files.put(point + "/disk-a", file);
        assertThat(get(agent, point, "disk-a")).isEqualTo(file);
    }

    @Test
    void anotherHostsRunsAndPointsAreRefusedAndReported() {
        TestAgent owner = TestAgent.enrolled(server, machine);
        TestAgent other = TestAgent.enrolled(server, machine + "-other");
        RunId run = new RunId(UUID.randomUUID());
        server.digests.runs.put(run, owner.host());
        EnrolmentTest.assertRefused(put(other, run, "disk-a", new byte[10]), 403, "FOREIGN_HOST");
        PointId point = new PointId(UUID.randomUUID());
        server.digests.points.put(point, owner.host());
        String answer = new String(get(other, point, "disk-a"), StandardCharsets.UTF_8);
        assertThat(answer).contains("FOREIGN_HOST");
        assertThat(server.events.of(FleetEvents.PeerRefused.class))
                .anySatisfy(refusal -> assertThat(refusal.problem().values())
                        .containsEntry("host", other.host().toString()));
    }

    @Test
    void wrongIdsKeysAndSizesAreRefused() {
        TestAgent agent = TestAgent.enrolled(server, machine);
        RunId run = new RunId(UUID.randomUUID());
        server.digests.runs.put(run, agent.host());
        EnrolmentTest.assertRefused(
                put(agent, new RunId(UUID.randomUUID()), "disk-a", new byte[1]), 404, "RUN_UNKNOWN");
        EnrolmentTest.assertRefused(put(agent, run, "a b".replace(" ", "%20"), new byte[1]), 404, "DISK_NOT_FOUND");
        EnrolmentTest.assertRefused(put(agent, run, "disk-a", new byte[(1 << 20) + 1]), 400, "INVALID_REQUEST");
        HttpResponse<String> noId =
                agent.send(agent.to(server.agentPort(), "/agent/v1/runs/not-a-run/disks/disk-a/digests")
                        .PUT(HttpRequest.BodyPublishers.noBody())
                        .build());
        EnrolmentTest.assertRefused(noId, 404, "RUN_UNKNOWN");
    }

    private HttpResponse<String> put(TestAgent agent, RunId run, String disk, byte[] file) {
        return agent.send(agent.to(server.agentPort(), "/agent/v1/runs/" + run + "/disks/" + disk + "/digests")
                .PUT(HttpRequest.BodyPublishers.ofByteArray(file))
                .build());
    }

    private byte[] get(TestAgent agent, PointId point, String disk) {
        try (HttpClient client = agent.client()) {
            return client.send(
                            agent.to(server.agentPort(), "/agent/v1/points/" + point + "/disks/" + disk + "/digests")
                                    .GET()
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray())
                    .body();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
