package org.understudy.server.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.core.protocol.OwnHost;
import org.understudy.core.protocol.ProtocolCodec;

/** What a host may ask about itself, and that it can ask about nobody else. */
class OwnHostTest {

    private final FleetServer server = FleetServer.shared();
    private final String machine = "own-" + UUID.randomUUID();

    @BeforeEach
    void forgetFailures() {
        server.clock.forward(Duration.ofHours(25));
    }

    private HttpResponse<String> get(TestAgent agent, String path) {
        return agent.send(agent.to(server.agentPort(), path).GET().build());
    }

    private HttpResponse<String> ask(TestAgent agent) {
        return agent.send(agent.to(server.agentPort(), OwnHost.RUNS)
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build());
    }

    @Test
    void aHostIsToldItsNameItsConnectionAndItsNewestRun() {
        TestAgent agent = TestAgent.enrolled(server, machine);
        OwnHost.Status before =
                ProtocolCodec.readDocument(get(agent, OwnHost.PATH).body(), OwnHost.Status.class);
        assertThat(before.name()).isEqualTo(machine + ".example");
        assertThat(before.connected()).isFalse();
        assertThat(before.lastRun()).isNull();
        TestAgent.Line line = agent.connect();
        assertThat(ask(agent).statusCode()).isEqualTo(202);
        OwnHost.Status after =
                ProtocolCodec.readDocument(get(agent, OwnHost.PATH).body(), OwnHost.Status.class);
        assertThat(after.connected()).isTrue();
        assertThat(after.lastRun()).isNotNull();
        line.hangUp();
    }

    @Test
    void aHostAsksForARunOfItselfAndOfNobodyElse() {
        TestAgent agent = TestAgent.enrolled(server, machine);
        TestAgent other = TestAgent.enrolled(server, machine + "-other");
        OwnHost.Run run = ProtocolCodec.readDocument(ask(agent).body(), OwnHost.Run.class);
        assertThat(server.runs.runs.values()).contains(agent.host()).doesNotContain(other.host());
        assertThat(get(agent, OwnHost.RUNS + "/" + run.id()).statusCode()).isEqualTo(200);
        EnrolmentTest.assertRefused(get(other, OwnHost.RUNS + "/" + run.id()), 403, "FOREIGN_HOST");
        EnrolmentTest.assertRefused(get(agent, OwnHost.RUNS + "/" + UUID.randomUUID()), 404, "RUN_UNKNOWN");
        EnrolmentTest.assertRefused(get(agent, OwnHost.RUNS + "/no-id"), 404, "RUN_UNKNOWN");
    }

    @Test
    void withoutACertificateNothingIsToldAndNothingIsStarted() {
        TestAgent nobody = new TestAgent(server, machine);
        EnrolmentTest.assertRefused(get(nobody, OwnHost.PATH), 403, "CERTIFICATE_REFUSED");
        EnrolmentTest.assertRefused(ask(nobody), 403, "CERTIFICATE_REFUSED");
    }

    @Test
    void aHostMayAskOnlySoOftenADay() {
        TestAgent agent = TestAgent.enrolled(server, machine);
        for (int i = 0; i < 3; i++) {
            assertThat(ask(agent).statusCode()).isEqualTo(202);
        }
        EnrolmentTest.assertRefused(ask(agent), 429, "RUN_LIMIT_REACHED");
        assertThat(ask(TestAgent.enrolled(server, machine + "-other")).statusCode())
                .isEqualTo(202);
        server.clock.forward(Duration.ofHours(24));
        assertThat(ask(agent).statusCode()).isEqualTo(202);
    }

    @Test
    void aRefusedRunIsNotCounted() {
        TestAgent agent = TestAgent.enrolled(server, machine);
        server.runs.busy.add(agent.host());
        for (int i = 0; i < 5; i++) {
            EnrolmentTest.assertRefused(ask(agent), 409, "RUN_IN_PROGRESS");
        }
        server.runs.busy.remove(agent.host());
        assertThat(ask(agent).statusCode()).isEqualTo(202);
    }
}
