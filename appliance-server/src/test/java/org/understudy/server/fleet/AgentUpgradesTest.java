package org.understudy.server.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ServerMessage;

/** An agent is told to replace itself, and the appliance hears how that went. */
class AgentUpgradesTest {

    private static final String NEWER = "2.0";

    private final FleetServer server = FleetServer.shared();
    private final TestAgent agent = TestAgent.enrolled(server, "upgrade-" + UUID.randomUUID());
    private final Path packages = server.data.resolve("agent-packages");

    @BeforeEach
    void aNewerPackage() throws IOException {
        server.clock.forward(Duration.ofHours(2));
        Files.createDirectories(packages);
        Files.writeString(packages.resolve("understudy-agent_" + NEWER + "_amd64.deb"), "new");
    }

    @AfterEach
    void noPackages() throws IOException {
        FileSystemUtils.deleteRecursively(packages);
    }

    private AgentUpgrades upgrades() {
        return server.application.getBean(AgentUpgrades.class);
    }

    private ProtectedHost host() {
        return server.fleet().host(agent.host()).orElseThrow();
    }

    private AgentUpgrades.State state() {
        return upgrades().last(agent.host()).orElseThrow().state();
    }

    private TestAgent.Line connect(String version) {
        TestAgent.Line line = agent.dial();
        line.say(new AgentMessage.Hello(1, 1, version, "Debian", "a-host", Set.of("upgrade")));
        line.expect(ServerMessage.Welcome.class);
        line.expect(ServerMessage.DescribeHost.class);
        return line;
    }

    @Test
    void anAgentThatComesBackWithTheNewVersionWasUpgraded() {
        TestAgent.Line line = connect("1.9");
        assertThat(upgrades().offered(host())).contains(NEWER);
        upgrades().start(agent.host());
        ServerMessage.UpgradeAgent request = line.expect(ServerMessage.UpgradeAgent.class);
        assertThat(request.packages()).singleElement().satisfies(file -> {
            assertThat(file.format()).isEqualTo("deb");
            assertThat(file.version()).isEqualTo(NEWER);
            assertThat(file.bytes()).isEqualTo(3);
            assertThat(file.sha256()).matches("[0-9a-f]{64}");
        });
        assertThat(state()).isEqualTo(AgentUpgrades.State.RUNNING);
        line.hangUp();
        TestAgent.Line again = connect(NEWER);
        await().until(() -> state() == AgentUpgrades.State.DONE);
        assertThat(upgrades().offered(host())).isEmpty();
        again.hangUp();
    }

    @Test
    void anAgentThatSaysWhyItFailedGoesOnWithTheOldVersion() {
        TestAgent.Line line = connect("1.9");
        upgrades().start(agent.host());
        ServerMessage.UpgradeAgent request = line.expect(ServerMessage.UpgradeAgent.class);
        assertConflict();
        line.say(new AgentMessage.Failed(
                request.request(), null, ProblemCode.UPGRADE_FAILED, Map.of(), "dpkg: no space left"));
        await().until(() -> state() == AgentUpgrades.State.FAILED);
        assertThat(upgrades()
                        .last(agent.host())
                        .orElseThrow()
                        .problem()
                        .orElseThrow()
                        .details())
                .contains("no space left");
        assertThat(upgrades().offered(host())).contains(NEWER);
        upgrades().start(agent.host());
        line.expect(ServerMessage.UpgradeAgent.class);
        line.hangUp();
    }

    @Test
    void anAgentThatNeverComesBackIsNotWaitedForForEver() {
        TestAgent.Line line = connect("1.9");
        upgrades().start(agent.host());
        line.expect(ServerMessage.UpgradeAgent.class);
        line.hangUp();
        server.clock.forward(Duration.ofHours(1));
        assertThat(state()).isEqualTo(AgentUpgrades.State.FAILED);
    }

    @Test
    void nothingIsOfferedToANewerAgentOrToOneThatIsNoPackage() {
        connect("2.0.1").hangUp();
        assertThat(upgrades().offered(host())).isEmpty();
        assertConflict();
        connect("0.1.0-SNAPSHOT").hangUp();
        assertThat(upgrades().offered(host())).isEmpty();
    }

    @Test
    void anAgentThatIsNotConnectedCannotBeAsked() {
        connect("1.9").hangUp();
        await().until(() -> !server.gateway().connected(agent.host()));
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> upgrades().start(agent.host()))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.AGENT_OFFLINE));
        assertThat(upgrades().last(agent.host())).isEmpty();
    }

    private void assertConflict() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> upgrades().start(agent.host()))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CONFLICT));
    }
}
