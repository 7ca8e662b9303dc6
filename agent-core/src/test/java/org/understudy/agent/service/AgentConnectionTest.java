package org.understudy.agent.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.agent.enrolment.Enroller;
import org.understudy.agent.enrolment.EnrolmentRequest;
import org.understudy.agent.run.AgentHost;
import org.understudy.agent.snapshot.HashCompareSource;
import org.understudy.agent.snapshot.ProtectedDisk;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.testing.AgentLink;
import org.understudy.agent.testing.FakeAppliance;
import org.understudy.agent.testing.FakeFreezer;
import org.understudy.agent.testing.MemoryTargets;
import org.understudy.agent.testing.RunBench;
import org.understudy.agent.testing.ScriptedDisk;
import org.understudy.agent.testing.TestAuthority;
import org.understudy.core.digest.DigestTrees;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ServerMessage;

/** A whole agent against an appliance over real TLS, HTTP and WebSocket on loopback. */
class AgentConnectionTest {

    private static final int SIZE = 2 << 20;

    @TempDir
    Path directory;

    private final ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
    private final MemoryTargets targets = new MemoryTargets();
    private FakeAppliance appliance;
    private StateDirectory state;
    private @Nullable Agent agent;

    @BeforeEach
    void enrol() throws Exception {
        byte[] content = new byte[SIZE];
        new Random(3).nextBytes(content);
        disk.write(0, content);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        targets.put(0, new byte[SIZE]);
        appliance = new FakeAppliance(new TestAuthority());
        state = StateDirectory.open(directory);
        new Enroller(state)
                .enrol(
                        new EnrolmentRequest(
                                appliance.address(), appliance.authority().fingerprint(), "token", List.of()),
                        "host",
                        "machine",
                        false);
    }

    @AfterEach
    void stop() throws Exception {
        if (agent != null) {
            agent.close();
        }
        state.close();
        appliance.close();
    }

    private void start() {
        Agent started = Agent.over(
                state,
                new AgentPlatform(
                        new Host(),
                        new HashCompareSource(
                                new FakeFreezer(List.of(disk)),
                                (reader, states) -> ScriptedDisk.of(reader).used(),
                                1 << 20),
                        new RunBench.NoHooks(),
                        "test",
                        "1",
                        List.of("freeze"),
                        2),
                List.of(),
                connected -> targets);
        agent = started;
        Thread runner = new Thread(started::run, "agent");
        runner.setDaemon(true);
        runner.start();
    }

    private final class Host implements AgentHost {

        @Override
        public HostFacts describe() {
            return new HostFacts(
                    "host",
                    "machine",
                    "test",
                    "none",
                    1,
                    1,
                    HostFacts.Firmware.UEFI,
                    List.of(),
                    List.of(),
                    HostFacts.BootFacts.unknown());
        }

        @Override
        public List<ProtectedDisk> disks(List<String> keys) {
            return List.of(disk);
        }

        @Override
        public String hostName() {
            return "host";
        }
    }

    private static ServerMessage.Transfer transfer(String run, @Nullable String base) {
        return new ServerMessage.Transfer(
                2,
                run,
                new ServerMessage.DataTarget(1, "iqn.2026-11.org.understudy:" + run, "u", MemoryTargets.SECRET),
                List.of(new ServerMessage.LunAssignment("wwn-1", 0, base, 65536)),
                0);
    }

    private AgentMessage.TransferFinished backUp(AgentLink link, String run, @Nullable String base, String point) {
        link.send(new ServerMessage.BeginRun(1, run, List.of("wwn-1"), 60_000, true));
        assertThat(link.await(AgentMessage.RunBegun.class).disks())
                .containsExactly(new AgentMessage.DiskView("wwn-1", SIZE, SIZE));
        link.send(transfer(run, base));
        AgentMessage.TransferFinished finished = link.await(AgentMessage.TransferFinished.class);
        appliance.commit(run, point);
        link.send(new ServerMessage.EndRun(3, run, point));
        link.await(AgentMessage.RunEnded.class);
        return finished;
    }

    @Test
    void anEnrolledAgentConnectsDescribesItsHostAndBacksUp() throws IOException {
        start();
        AgentLink link = appliance.awaitLink();
        AgentMessage.Hello hello = link.welcome(10);
        assertThat(hello.capabilities()).contains("hash-compare", "freeze");
        link.ping();

        link.send(new ServerMessage.DescribeHost(9));
        AgentMessage.HostDescription description = link.await(AgentMessage.HostDescription.class);
        assertThat(description.request()).isEqualTo(9);
        assertThat(description.facts().firmware()).isEqualTo(HostFacts.Firmware.UEFI);

        AgentMessage.TransferFinished finished = backUp(link, "r1", null, "p1");
        assertThat(finished.consistency()).isEqualTo(Consistency.FILE_SYSTEM);
        assertThat(Arrays.mismatch(targets.durable(0), disk.normalised())).isEqualTo(-1);
        assertThat(finished.disks().get(0).digestFileSha256()).isEqualTo(root(appliance.uploaded("r1", "wwn-1")));
    }

    private String root(byte @Nullable [] digests) throws IOException {
        return DigestTrees.build(new ByteArrayInputStream(Objects.requireNonNull(digests)), directory.resolve("tree"))
                .root();
    }

    @Test
    void digestsThatTheAgentLostComeFromTheAppliance() throws Exception {
        start();
        AgentLink link = appliance.awaitLink();
        link.welcome(10);
        backUp(link, "r1", null, "p1");
        java.nio.file.Files.delete(directory.resolve("base/p1/wwn-1.digests"));
        disk.write(12345, new byte[] {1, 2, 3});

        AgentMessage.TransferFinished finished = backUp(link, "r2", "p1", "p2");

        assertThat(finished.disks().get(0).changedBytes()).isEqualTo(65536);
        assertThat(Arrays.mismatch(targets.durable(0), disk.normalised())).isEqualTo(-1);
    }

    @Test
    void anAgentComesBackAfterACutAndAfterAStrangeFrame() {
        start();
        AgentLink first = appliance.awaitLink();
        first.welcome(10);
        first.cut();

        AgentLink second = appliance.awaitLink();
        second.welcome(10);
        second.sendText("{\"type\":\"danceForMe\",\"request\":4}");
        assertThat(second.await(AgentMessage.Unsupported.class))
                .isEqualTo(new AgentMessage.Unsupported(4L, "danceForMe"));
        second.sendText("this is no JSON");

        AgentLink third = appliance.awaitLink();
        third.welcome(10);
        third.send(new ServerMessage.DescribeHost(1));
        third.await(AgentMessage.HostDescription.class);
    }

    @Test
    void anApplianceThatFallsSilentIsGivenUpAfterThreePings() {
        start();
        AgentLink silent = appliance.awaitLink();
        silent.welcome(1);

        AgentLink again = appliance.awaitLink();

        assertThat(silent.hasEnded()).isTrue();
        again.welcome(10);
    }

    @Test
    void pingsKeepAQuietConnectionAlive() {
        start();
        AgentLink link = appliance.awaitLink();
        link.welcome(1);
        await().pollInterval(Duration.ofMillis(500))
                .during(Duration.ofSeconds(3).plusMillis(300))
                .atMost(Duration.ofSeconds(6))
                .until(() -> {
                    link.ping();
                    return !link.hasEnded();
                });
    }

    @Test
    void aCutInTheMiddleOfATransferReleasesTheRun() {
        targets.hang();
        start();
        AgentLink link = appliance.awaitLink();
        link.welcome(10);
        link.send(new ServerMessage.BeginRun(1, "r1", List.of("wwn-1"), 60_000, true));
        link.await(AgentMessage.RunBegun.class);
        link.send(transfer("r1", null));
        await().until(() -> targets.openSessions() == 1);

        link.cut();

        await().until(() -> targets.openSessions() == 0);
        await().until(() -> disk.openReaders() == 0);
        appliance.awaitLink().welcome(10);
    }

    @Test
    void aRefusedAgentDoesNotKnockAllTheTime() {
        start();
        AgentLink link = appliance.awaitLink();
        link.await(AgentMessage.Hello.class);
        link.send(new ServerMessage.Refused(ProblemCode.FOREIGN_HOST, java.util.Map.of("host", "h")));
        await().until(link::hasEnded);
        int requests = appliance.requests();

        await().during(Duration.ofSeconds(1))
                .atMost(Duration.ofSeconds(4))
                .until(() -> appliance.requests() == requests);
    }

    @Test
    void anotherAppliancesCertificateIsNotTrusted() throws Exception {
        int port = appliance.address().port();
        appliance.close();
        try (FakeAppliance impostor = new FakeAppliance(new TestAuthority(), true, port)) {
            start();
            await().during(Duration.ofSeconds(1)).atMost(Duration.ofSeconds(4)).until(() -> impostor.requests() == 0);
        }
    }
}
