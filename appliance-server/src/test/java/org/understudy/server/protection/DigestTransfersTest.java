package org.understudy.server.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.DigestChanges;
import org.understudy.core.digest.DigestTree;
import org.understudy.core.digest.DigestTrees;
import org.understudy.core.digest.DigestWriter;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.fleet.DigestTransfers;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun.State;
import org.understudy.server.protection.BackupRun.Trigger;

class DigestTransfersTest {

    private static final int MIB = 1 << 20;

    @TempDir
    Path pool;

    private Appliance appliance;
    private DigestTransfers digests;
    private HostId host;
    private HostId other;
    private RunId run;

    @BeforeEach
    void aRunThatTransfers() {
        appliance = new Appliance(pool).start();
        digests = appliance.get(DigestTransfers.class);
        host = appliance.host("web1", MIB);
        other = appliance.host("web2", MIB);
        appliance.agents.hold("Transfer");
        run = appliance.runs().start(host, Trigger.MANUAL);
        await().until(() -> appliance.runs().run(run).orElseThrow().state() == State.TRANSFERRING);
    }

    @AfterEach
    void stop() {
        appliance.agents.letGo("Transfer");
        appliance.ended(run);
        appliance.close();
    }

    private static byte[] file(long diskBytes, int blockSize) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DigestWriter writer = new DigestWriter(bytes, diskBytes, blockSize)) {
            writer.put(3, BlockDigest.of(ByteBuffer.wrap(new byte[] {1})));
            writer.finish();
        }
        return bytes.toByteArray();
    }

    private void receive(HostId from, RunId of, String disk, byte[] body) {
        digests.receive(from, of, disk, new ByteArrayInputStream(body), body.length);
    }

    private static void assertRefused(ProblemCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(code));
    }

    private List<String> meta() throws IOException {
        try (Stream<Path> files = Files.list(appliance.store.headMeta(host))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void aWholeFileOfTheRunsOwnDiskIsTakenAndMayBeSentAgain() throws IOException {
        byte[] file = file(MIB, 64 * 1024);
        receive(host, run, "disk-a", file);
        receive(host, run, "disk-a", file);
        assertThat(meta()).containsExactly("disk0.digests");
        assertThat(streamed(appliance.store.headMeta(host).resolve("disk0.digests")))
                .isEqualTo(file);
    }

    private static byte[] streamed(Path tree) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        DigestTrees.stream(tree, file);
        return file.toByteArray();
    }

    /** Changes of the digests that {@link #file} has; block 3 becomes zero and block 5 something. */
    private DigestChanges changes() throws IOException {
        TreeMap<Long, BlockDigest> some = new TreeMap<>();
        some.put(3L, BlockDigest.ZERO);
        some.put(5L, BlockDigest.of(ByteBuffer.wrap(new byte[] {5})));
        Path tree = pool.resolve("agents-own.digests");
        DigestTrees.build(new ByteArrayInputStream(file(MIB, 64 * 1024)), tree);
        try (DigestTree own = DigestTree.open(tree)) {
            return new DigestChanges(MIB, 64 * 1024, own.root(), own.outcome(some), some);
        }
    }

    private void receiveChanges(RunId of, DigestChanges changes) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        changes.write(body);
        digests.receiveChanges(host, of, "disk-a", new ByteArrayInputStream(body.toByteArray()), body.size());
    }

    private String root() throws IOException {
        try (DigestTree tree = DigestTree.open(appliance.store.headMeta(host).resolve("disk0.digests"))) {
            return tree.root();
        }
    }

    @Test
    void changesAreMadeInPlaceAndMayBeSentAgain() throws IOException {
        receive(host, run, "disk-a", file(MIB, 64 * 1024));
        DigestChanges changes = changes();
        assertThat(root()).isEqualTo(changes.base());
        receiveChanges(run, changes);
        receiveChanges(run, changes);
        assertThat(root()).isEqualTo(changes.outcome().root());
        assertThat(meta()).containsExactly("disk0.digests");
    }

    @Test
    void changesWithoutATreeToChangeAreAnsweredSoThatAllDigestsCome() throws IOException {
        DigestChanges changes = changes();
        assertRefused(ProblemCode.CONFLICT, () -> receiveChanges(run, changes));
        Path file = appliance.store.headMeta(host).resolve("disk0.digests");
        // As an earlier version left it.
        Files.write(file, file(MIB, 64 * 1024));
        assertRefused(ProblemCode.CONFLICT, () -> receiveChanges(run, changes));
        DigestTrees.build(new ByteArrayInputStream(file(MIB, 64 * 1024)), file);
        TestDamage.flipByte(file, 4096 + 3 * 32);
        assertRefused(ProblemCode.CONFLICT, () -> receiveChanges(run, changes));
    }

    @Test
    void changesThatAreNotOfWhatIsThereAreRefused() throws IOException {
        receive(host, run, "disk-a", file(MIB, 64 * 1024));
        DigestChanges good = changes();
        String other = "ab".repeat(32);
        for (DigestChanges bad : List.of(
                new DigestChanges(MIB, 64 * 1024, other, good.outcome(), good.digests()),
                new DigestChanges(2 * MIB, 64 * 1024, other, good.outcome(), good.digests()),
                new DigestChanges(MIB, 64 * 1024, good.base(), new DigestTree.Outcome(other, 1), good.digests()),
                new DigestChanges(
                        MIB,
                        64 * 1024,
                        good.base(),
                        new DigestTree.Outcome(good.outcome().root(), 1),
                        new TreeMap<>(Map.of(15L, BlockDigest.of(ByteBuffer.wrap(new byte[] {9}))))))) {
            assertRefused(ProblemCode.PROTOCOL_VIOLATION, () -> receiveChanges(run, bad));
            // What was changed before it was refused is rolled back with the run; here it is put right for the next
            // try.
            receive(host, run, "disk-a", file(MIB, 64 * 1024));
        }
        byte[] noise = new byte[300];
        assertRefused(
                ProblemCode.PROTOCOL_VIOLATION,
                () -> digests.receiveChanges(host, run, "disk-a", new ByteArrayInputStream(noise), noise.length));
        assertRefused(
                ProblemCode.PROTOCOL_VIOLATION,
                () -> digests.receiveChanges(host, run, "disk-a", new ByteArrayInputStream(noise), 1L << 40));
        assertRefused(
                ProblemCode.FOREIGN_HOST,
                () -> digests.receiveChanges(this.other, run, "disk-a", new ByteArrayInputStream(noise), 300));
    }

    @Test
    void otherHostsRunsAndDisksAreRefused() throws IOException {
        byte[] file = file(MIB, 64 * 1024);
        assertRefused(ProblemCode.FOREIGN_HOST, () -> receive(other, run, "disk-a", file));
        assertRefused(ProblemCode.RUN_UNKNOWN, () -> receive(host, RunId.random(), "disk-a", file));
        assertRefused(ProblemCode.DISK_NOT_FOUND, () -> receive(host, run, "../../etc/passwd", file));
        assertThat(meta()).isEmpty();
    }

    @Test
    void filesThatAreNotDigestsOfThisDiskAreRefusedAndLeaveNothing() throws IOException {
        byte[] good = file(MIB, 64 * 1024);
        byte[] cut = java.util.Arrays.copyOf(good, good.length - 1);
        byte[] altered = good.clone();
        altered[40] ^= 1;
        for (byte[] bad :
                List.of(new byte[0], new byte[500], cut, altered, file(2 * MIB, 64 * 1024), file(MIB, 4096))) {
            assertRefused(ProblemCode.PROTOCOL_VIOLATION, () -> receive(host, run, "disk-a", bad));
        }
        assertRefused(
                ProblemCode.PROTOCOL_VIOLATION,
                () -> digests.receive(host, run, "disk-a", new ByteArrayInputStream(good), 1L << 40));
        assertThat(meta()).isEmpty();
    }

    @Test
    void anEndlessBodyIsCutOff() throws IOException {
        byte[] good = file(MIB, 64 * 1024);
        InputStream endless = new SequenceInputStream(new ByteArrayInputStream(good), new InputStream() {
            @Override
            public int read() {
                return 0;
            }
        });
        assertRefused(ProblemCode.PROTOCOL_VIOLATION, () -> digests.receive(host, run, "disk-a", endless, -1));
        assertThat(meta()).isEmpty();
    }

    @Test
    void aBodyThatBreaksIsALostConnectionAndLeavesNothing() throws IOException {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("reset by peer");
            }
        };
        assertRefused(ProblemCode.AGENT_CONNECTION_LOST, () -> digests.receive(host, run, "disk-a", broken, 100));
        assertThat(meta()).isEmpty();
    }

    @Test
    void aRunThatHasEndedTakesNoMoreDigests() throws IOException {
        byte[] file = file(MIB, 64 * 1024);
        appliance.agents.letGo("Transfer");
        appliance.ended(run);
        assertThatThrownBy(() -> receive(host, run, "disk-a", file)).isInstanceOf(ProblemException.class);
        assertRefused(ProblemCode.FOREIGN_HOST, () -> receive(other, run, "disk-a", file));
    }

    @Test
    void baseDigestsAreGivenToTheirHostAlone() throws IOException {
        appliance.agents.letGo("Transfer");
        PointId point = appliance.ended(run).point().orElseThrow();
        try (InputStream in = digests.baseDigests(host, point, "disk-a")) {
            assertThat(streamed(appliance.store.snapshotMeta(host, point).resolve("disk0.digests")))
                    .isEqualTo(in.readAllBytes());
        }
        assertRefused(ProblemCode.FOREIGN_HOST, () -> digests.baseDigests(other, point, "disk-a"));
        assertRefused(ProblemCode.DISK_NOT_FOUND, () -> digests.baseDigests(host, point, "disk-z"));
        assertRefused(ProblemCode.POINT_NOT_FOUND, () -> digests.baseDigests(host, PointId.random(), "disk-a"));
    }
}
