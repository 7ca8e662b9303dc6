package org.understudy.demo.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.digest.DigestWriter;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.demo.process.Await;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;
import tools.jackson.databind.JsonNode;

/** Whoever must not get in is refused with a clear reason and an event, and nothing is lost by it. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RefusalsTest {

    private static final long SEED = 99;
    private static final int BIG_BYTES = 110 << 20;
    private static final int RUNS_UNTIL_FULL = 6;
    private static final Duration SKEW = Duration.ofSeconds(2);

    private final Random random = new Random(SEED);

    @SuppressWarnings("NullAway.Init")
    private Lab lab;

    @SuppressWarnings("NullAway.Init")
    private Lab.Host hostA;

    @SuppressWarnings("NullAway.Init")
    private LiveDisk diskA;

    @BeforeAll
    void protectHost() throws Exception {
        System.out.println("seed " + SEED);
        lab = new Lab(
                "refusals",
                "--understudy.storage.pool-size=512MB",
                "--understudy.protection.retries=0",
                "--understudy.protection.cancel-patience=1s");
        lab.startServer();
        diskA = lab.register(LiveDisk.make(lab.commands, lab.work, "hosta", "ext4", 64L << 20));
        diskA.write("content", 2 << 20, random);
        hostA = lab.enrol("hosta", diskA);
        hostA.allowLongFreeze();
        hostA.backUpAndCompare();
    }

    @AfterAll
    void takeDown() {
        if (lab != null) {
            lab.close();
        }
    }

    // --- enrolment

    @Test
    void aTokenThatNobodyIssuedIsRefused() throws Exception {
        String command = newToken(Map.of()).get("command").asString();
        int token = command.lastIndexOf(' ') + 1;
        String wrong = command.substring(0, token) + "x".repeat(command.length() - token);

        refusesToEnrol(wrong, "The enrolment token is not valid.");
        awaitEvent("peer.refused", "TOKEN_INVALID");
    }

    @Test
    void anExpiredTokenIsRefused() throws Exception {
        JsonNode token = newToken(Map.of("validSeconds", 1));
        Instant expiry = Instant.parse(token.get("expiresAt").asString());
        Await.until("the token to expire", Lab.PATIENCE, () -> Instant.now().isAfter(expiry.plusMillis(100)));

        refusesToEnrol(token.get("command").asString(), "The enrolment token has expired.");
        awaitEvent("peer.refused", "TOKEN_EXPIRED");
    }

    @Test
    void aUsedTokenIsRefused() throws Exception {
        String command = newToken(Map.of()).get("command").asString();
        assertThat(enrol("first-use", command).succeeded()).isTrue();

        refusesToEnrol(command, "The enrolment token was already used.");
        awaitEvent("peer.refused", "TOKEN_USED");
    }

    @Test
    void anotherFingerprintEndsTheEnrolmentBeforeTheTokenIsSent() throws Exception {
        JsonNode token = newToken(Map.of());
        String command = token.get("command").asString();
        String fingerprint = command.replaceFirst(".*--fingerprint (\\S+).*", "$1");
        char last = fingerprint.charAt(fingerprint.length() - 1);
        String other = fingerprint.substring(0, fingerprint.length() - 1) + (last == '0' ? '1' : '0');

        refusesToEnrol(command.replace(fingerprint, other), "The appliance is not the one that you named");
        List<String> pending = new ArrayList<>();
        lab.api()
                .get("enrolment-tokens")
                .forEach(left -> pending.add(left.get("id").asString()));
        assertThat(pending).contains(token.get("id").asString());
    }

    private JsonNode newToken(Map<String, Object> request) throws InterruptedException {
        return lab.api().post("enrolment-tokens", request);
    }

    private CommandResult enrol(String name, String command) {
        List<String> argv = new ArrayList<>(hostA.launch());
        argv.addAll(List.of(command.split(" +", -1)));
        argv.addAll(List.of(
                "--state",
                lab.work.resolve(name).toString(),
                "--device",
                diskA.device().toString()));
        return lab.commands.run(Command.of(argv));
    }

    private void refusesToEnrol(String command, String why) {
        CommandResult result = enrol("nobody-" + random.nextInt(1 << 20), command);

        assertThat(result.succeeded()).isFalse();
        assertThat(result.errorOutput()).contains(why);
    }

    // --- certificates

    @Test
    void aCertificateOfAnotherAuthorityOpensNothing() throws Exception {
        SSLContext impostor = ForeignAuthority.impostor(
                lab.commands, lab.work, hostA.id(), hostA.identity().authority());

        assertThatExceptionOfType(Exception.class)
                .isThrownBy(() -> new HandmadeAgent(impostor, lab.ports().agent(), facts(hostA)).close());
        awaitEvent("peer.refused", "CERTIFICATE_REFUSED");
        assertThatExceptionOfType(IscsiException.class).isThrownBy(() -> IscsiSession.discover(portal(impostor)));
        awaitEvent("export.refused", "CERTIFICATE_REFUSED");
        hostA.backUpAndCompare();
    }

    @Test
    void aTargetIsOpenToItsHostWithItsSecretAlone_andNoAgentNamesATime() throws Exception {
        LiveDisk diskB = lab.register(LiveDisk.make(lab.commands, lab.work, "hostb", "ext4", 64L << 20));
        Lab.Host hostB = lab.enrol("hostb", diskB);
        HostFacts facts = facts(hostB);
        hostB.stopAgent();
        Instant before = Instant.now().minus(SKEW);
        try (HandmadeAgent agent = new HandmadeAgent(hostB.tls(), lab.ports().agent(), facts)) {
            hostB.awaitConnected();
            String run = hostB.startRun();
            ServerMessage.BeginRun begin = agent.expect(ServerMessage.BeginRun.class);
            String disk = begin.disks().get(0);
            long size = facts.disks().get(0).sizeBytes();
            agent.say(
                    new AgentMessage.RunBegun(begin.request(), run, List.of(new AgentMessage.DiskView(disk, size, 0))));
            ServerMessage.Transfer transfer = agent.expect(ServerMessage.Transfer.class);
            requireOpenToItsHostAlone(transfer.target(), hostB);
            Path digests = lab.work.resolve("empty.digests");
            try (DigestWriter writer = new DigestWriter(
                    Files.newOutputStream(digests), size, transfer.luns().get(0).blockSize())) {
                writer.finish();
            }
            assertThat(agent.upload(run, disk, digests)).isBetween(200, 299);
            String sha256 = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(digests)));
            agent.say(new AgentMessage.TransferFinished(
                    transfer.request(),
                    run,
                    Consistency.CRASH,
                    "Made by hand.",
                    0,
                    List.of(new AgentMessage.DiskTransfer(disk, 0, 0, 0, 0, 0, 0, sha256))));
            ServerMessage.EndRun end = agent.expect(ServerMessage.EndRun.class);
            agent.say(new AgentMessage.RunEnded(end.request(), run));

            JsonNode done = lab.awaitEnd(run);
            assertThat(done.get("state").asString()).as("run " + done).isEqualTo("DONE");
            JsonNode point = lab.api().get("points/" + done.get("pointId").asString());
            assertThat(Instant.parse(point.get("takenAt").asString()))
                    .isBetween(before, Instant.now().plus(SKEW));
            assertThat(point.get("lockedUntil").isNull()).isTrue();
        }
        requireOldPointsWhole(hostA);
    }

    private void requireOpenToItsHostAlone(ServerMessage.DataTarget target, Lab.Host owner) throws Exception {
        ChapCredentials right = new ChapCredentials(target.chapUser(), target.chapSecret());
        ChapCredentials wrong = new ChapCredentials(target.chapUser(), "not-the-secret-of-it");
        assertThat(hostA.exports()).isZero();
        assertThat(owner.exports()).isOne();
        refusesLogin(target(target, hostA.tls()).withChap(right));
        refusesLogin(target(target, owner.tls()).withChap(wrong));
        refusesLogin(target(target, owner.tls()));
        awaitEvent("export.refused", "EXPORT_OF_ANOTHER_HOST");
        awaitEvent("export.refused", "EXPORT_CREDENTIALS_WRONG");
        try (IscsiSession session =
                IscsiSession.login(target(target, owner.tls()).withChap(right))) {
            assertThat(session.luns()).hasSize(1);
        }
    }

    private static void refusesLogin(SessionConfig config) {
        assertThatExceptionOfType(IscsiException.LoginRefused.class)
                .isThrownBy(() -> IscsiSession.login(config).close());
    }

    private SessionConfig target(ServerMessage.DataTarget target, SSLContext tls) {
        return SessionConfig.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), target.port()), target.iqn())
                .withTls(tls);
    }

    private SessionConfig portal(SSLContext tls) {
        return SessionConfig.of(
                        new InetSocketAddress(
                                InetAddress.getLoopbackAddress(), lab.ports().iscsi()),
                        "iqn.2026-11.org.understudy:any")
                .withTls(tls);
    }

    // --- frames

    @Test
    void framesThatAreNoMessagesEndTheConnectionAndNothingElse() throws Exception {
        HostFacts facts = facts(hostA);
        hostA.stopAgent();
        String huge = "{\"type\":\"hello\",\"agentVersion\":\"" + "x".repeat(ProtocolCodec.MAX_FRAME_CHARS) + "\"}";
        for (String frame : List.of("{not json", "[]", "{\"type\":\"runEnded\",\"request\":-5}", huge)) {
            try (HandmadeAgent agent =
                    new HandmadeAgent(hostA.tls(), lab.ports().agent(), facts)) {
                agent.say(frame);
                assertThat(agent.awaitClosed())
                        .as("close status for " + frame.substring(0, Math.min(40, frame.length())))
                        .isNotEqualTo(1000);
            }
        }
        assertThat(lab.server().isAlive()).isTrue();
        Await.until(
                "the broken protocol to be in the events",
                Lab.PATIENCE,
                () -> lab.api().get("events?host=" + hostA.id()).toString().contains("PROTOCOL_VIOLATION"));
        hostA.startAgent();
        hostA.awaitConnected();
        hostA.backUpAndCompare();
    }

    // --- the pool

    @Test
    @Order(Integer.MAX_VALUE)
    void aFullPoolRefusesRunsUntilAPointIsDeleted() throws Exception {
        LiveDisk big = lab.register(LiveDisk.make(lab.commands, lab.work, "big", "ext4", 160L << 20));
        big.write("content", BIG_BYTES, random);
        Lab.Host host = lab.enrol("big", big);
        host.allowLongFreeze();
        JsonNode run = lab.awaitEnd(host.startRun());
        for (int i = 0; i < RUNS_UNTIL_FULL && run.get("state").asString().equals("DONE"); i++) {
            big.write("content", BIG_BYTES, random);
            run = lab.awaitEnd(host.startRun());
        }

        assertThat(run.get("state").asString()).isEqualTo("FAILED");
        JsonNode problem = run.get("problem");
        assertThat(problem.get("code").asString()).as(run.toString()).isEqualTo("POOL_FULL");
        assertThat(problem.get("remedy").asString()).isNotBlank();
        awaitEvent("run.failed", "POOL_FULL");
        requireOldPointsWhole(host);
        requireOldPointsWhole(hostA);

        List<String> points = host.points();
        assertThat(points).isNotEmpty();
        for (String point : points.subList(Math.min(1, points.size() - 1), points.size())) {
            lab.api().delete("points/" + point);
        }
        // The pool gives space back in its own time.
        Await.until(
                "a run to find room",
                Lab.PATIENCE,
                () -> lab.awaitEnd(host.startRun()).get("state").asString().equals("DONE"));
        requireOldPointsWhole(host);
        for (String point : host.points()) {
            lab.api().delete("points/" + point);
        }
    }

    private void requireOldPointsWhole(Lab.Host host) throws InterruptedException {
        for (String point : host.points()) {
            assertThat(lab.mismatches(point)).as("mismatches of point " + point).isZero();
        }
    }

    // --- what all need

    private HostFacts facts(Lab.Host host) throws InterruptedException {
        return ProtocolCodec.readDocument(
                lab.api().get("hosts/" + host.id()).get("facts").toString(), HostFacts.class);
    }

    private void awaitEvent(String kind, String code) throws InterruptedException {
        Await.until("an event " + kind + " with " + code, Lab.PATIENCE, () -> {
            for (JsonNode event : lab.api().get("events?limit=1000").values()) {
                if (event.get("kind").asString().equals(kind)
                        && !event.get("problem").isNull()
                        && event.get("problem").get("code").asString().equals(code)) {
                    assertThat(event.get("text").asString()).isNotBlank();
                    return true;
                }
            }
            return false;
        });
    }
}
