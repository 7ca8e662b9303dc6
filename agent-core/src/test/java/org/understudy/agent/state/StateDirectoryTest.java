package org.understudy.agent.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.CorruptDigestFileException;
import org.understudy.core.digest.DigestChanges;
import org.understudy.core.digest.DigestTree;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class StateDirectoryTest {

    @TempDir
    Path directory;

    @Test
    void oneAgentAtATimeOwnsADirectory() {
        try (StateDirectory first = StateDirectory.open(directory)) {
            assertThat(first.root()).isEqualTo(directory);
            assertThatThrownBy(() -> StateDirectory.open(directory).close())
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.AGENT_STATE_IN_USE));
            assertThat(StateDirectory.glance(directory).inUse()).isTrue();
        }
        StateDirectory.open(directory).close();
        assertThat(StateDirectory.glance(directory).inUse()).isFalse();
    }

    @Test
    void aDamagedIdentityIsToldAndNotTakenForNone() throws IOException {
        Files.writeString(directory.resolve("identity.json"), "{\"server\":\"a:1\"");
        assertThatThrownBy(() -> StateDirectory.peek(directory))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.AGENT_STATE_DAMAGED));
    }

    @Test
    void enrollingAnewForgetsTheBasesOfTheOldIdentity() throws IOException {
        try (StateDirectory state = StateDirectory.open(directory)) {
            keep(state.bases(), "p1");
            state.enrol(new Identity("a:1", "h", "k", "c", "a", List.of()));
            assertThat(StateDirectory.glance(directory).bases()).isEmpty();
        }
    }

    @Test
    void aCommittedRunReplacesTheBaseAndLeavesNothingElse() throws IOException {
        try (StateDirectory state = StateDirectory.open(directory)) {
            BaseStore bases = state.bases();
            keep(bases, "p1");
            keep(bases, "p2");
            assertThat(StateDirectory.glance(directory).bases()).containsExactly("p2");
            assertThat(bases.find("p2", "disk-a"))
                    .hasValueSatisfying(file -> assertThat(file).hasContent("p2"));
            assertThat(bases.find("p1", "disk-a")).isEmpty();
            assertThat(directory.resolve("work")).isEmptyDirectory();
        }
    }

    @Test
    void leftoversOfADeadProcessAreDeletedAndTheBaseStays() throws IOException {
        try (StateDirectory state = StateDirectory.open(directory)) {
            BaseStore bases = state.bases();
            keep(bases, "p1");
            Files.writeString(bases.workspace("r2").temporary("disk-a", "pass"), "half");

            BaseStore next = state.bases();

            assertThat(directory.resolve("work")).isEmptyDirectory();
            assertThat(next.find("p1", "disk-a")).isPresent();
        }
    }

    @Test
    void adoptingTwiceIsHarmless() throws IOException {
        try (StateDirectory state = StateDirectory.open(directory)) {
            keep(state.bases(), "p1");
            keep(state.bases(), "p1");
            assertThat(StateDirectory.glance(directory).bases()).containsExactly("p1");
        }
    }

    @Test
    void aRunThatChangedLittleChangesTheBaseInPlace() throws IOException {
        try (StateDirectory state = StateDirectory.open(directory)) {
            BaseStore bases = state.bases();
            keepTree(bases, "p1");
            DigestChanges changes = changesOfP1(bases);

            bases.adopt(changed(bases, changes), "p2");

            assertThat(StateDirectory.glance(directory).bases()).containsExactly("p2");
            assertRoot(bases, "p2", changes.outcome().root());
            assertThat(directory.resolve("pending")).isEmptyDirectory();
        }
    }

    @Test
    void changesThatAProcessLeftBehindAreMadeByTheNextOneHoweverFarItCame() throws IOException {
        try (StateDirectory state = StateDirectory.open(directory)) {
            keepTree(state.bases(), "p1");
            DigestChanges changes = changesOfP1(state.bases());
            byte[] before = Files.readAllBytes(digestsOf("p1"));
            DigestTree.redo(digestsOf("p1"), changes);
            byte[] after = Files.readAllBytes(digestsOf("p1"));
            for (int written = 0; written <= before.length; written += 512) {
                // The process died when this much of the file was the new one.
                byte[] half = before.clone();
                System.arraycopy(after, 0, half, 0, written);
                Files.write(digestsOf("p1"), half);
                Path adopted = Files.createDirectory(directory.resolve("pending/p2"));
                Files.writeString(adopted.resolve("older"), "p1");
                try (OutputStream out = Files.newOutputStream(adopted.resolve("disk-a.changes"))) {
                    changes.write(out);
                }

                assertRoot(state.bases(), "p2", changes.outcome().root());

                assertThat(StateDirectory.glance(directory).bases()).containsExactly("p2");
                Files.move(directory.resolve("base/p2"), directory.resolve("base/p1"));
            }
        }
    }

    @Test
    void changesOfABaseThatIsDamagedCostTheBaseAndNothingElse() throws IOException {
        try (StateDirectory state = StateDirectory.open(directory)) {
            BaseStore bases = state.bases();
            keepTree(bases, "p1");
            BaseStore.Workspace workspace = changed(bases, changesOfP1(bases));
            byte[] content = Files.readAllBytes(digestsOf("p1"));
            content[4096 + 3 * 32] ^= 1;
            Files.write(digestsOf("p1"), content);

            assertThatThrownBy(() -> bases.adopt(workspace, "p2")).isInstanceOf(CorruptDigestFileException.class);

            assertThat(bases.find("p1", "disk-a")).isEmpty();
            assertThat(bases.find("p2", "disk-a")).isEmpty();
            assertThat(directory.resolve("pending")).isEmptyDirectory();
        }
    }

    private Path digestsOf(String point) {
        return directory.resolve("base").resolve(point).resolve("disk-a.digests");
    }

    private static void assertRoot(BaseStore bases, String point, String root) throws IOException {
        try (DigestTree tree = DigestTree.open(bases.find(point, "disk-a").orElseThrow())) {
            assertThat(tree.root()).isEqualTo(root);
            // Every page is read and checked.
            for (long block = tree.next(0); block >= 0; block = tree.next(block + 1)) {
                assertThat(tree.get(block).isZeroBlock()).isFalse();
            }
        }
    }

    private static BlockDigest digest(int seed) {
        return BlockDigest.of(ByteBuffer.allocate(8).putInt(seed + 1).rewind());
    }

    private static void keepTree(BaseStore bases, String point) throws IOException {
        BaseStore.Workspace workspace = bases.workspace("run-of-" + point);
        Path digests = workspace.temporary("disk-a", "last");
        try (DigestTree tree = DigestTree.create(digests, 300L << 16, 1 << 16)) {
            TreeMap<Long, BlockDigest> all = new TreeMap<>();
            for (long block = 0; block < 300; block += 3) {
                all.put(block, digest((int) block));
            }
            tree.replace(all);
        }
        workspace.finish("disk-a", digests);
        bases.adopt(workspace, point);
    }

    private static DigestChanges changesOfP1(BaseStore bases) throws IOException {
        TreeMap<Long, BlockDigest> changed = new TreeMap<>();
        changed.put(0L, BlockDigest.ZERO);
        changed.put(1L, digest(1001));
        changed.put(150L, digest(1150));
        changed.put(299L, digest(1299));
        try (DigestTree tree = DigestTree.open(bases.find("p1", "disk-a").orElseThrow())) {
            return new DigestChanges(tree.diskBytes(), tree.blockSize(), tree.root(), tree.outcome(changed), changed);
        }
    }

    private static BaseStore.Workspace changed(BaseStore bases, DigestChanges changes) throws IOException {
        BaseStore.Workspace workspace = bases.workspace("run-of-changes");
        Path file = workspace.temporary("disk-a", "changes");
        try (OutputStream out = Files.newOutputStream(file)) {
            changes.write(out);
        }
        workspace.finishChanges("disk-a", file, "p1");
        return workspace;
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", ".", "", "a/b", "../x", "a\0b", ".hidden", "ü"})
    void idsThatCouldLeaveTheirDirectoryAreRefused(String id) {
        try (StateDirectory state = StateDirectory.open(directory)) {
            BaseStore bases = state.bases();
            assertThatThrownBy(() -> bases.find(id, "disk")).isInstanceOf(ProblemException.class);
            assertThatThrownBy(() -> bases.workspace(id)).isInstanceOf(ProblemException.class);
        }
    }

    private static void keep(BaseStore bases, String point) throws IOException {
        BaseStore.Workspace workspace = bases.workspace("run-of-" + point);
        Path digests = workspace.temporary("disk-a", "last");
        Files.writeString(digests, point);
        workspace.finish("disk-a", digests);
        bases.adopt(workspace, point);
    }
}
