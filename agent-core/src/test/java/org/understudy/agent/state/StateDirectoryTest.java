package org.understudy.agent.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
