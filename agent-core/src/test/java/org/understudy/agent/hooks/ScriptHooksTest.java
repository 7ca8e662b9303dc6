package org.understudy.agent.hooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class ScriptHooksTest {

    @TempDir
    Path directory;

    private ScriptHooks hooks(Duration stallLimit) {
        return new ScriptHooks(
                new ProcessCommandRunner(), List.of(directory.resolve("own"), directory.resolve("host")), stallLimit);
    }

    private void script(String path, String body) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void theFirstDirectoryWinsAndTheScriptKnowsItsRun() throws IOException {
        Path seen = directory.resolve("seen");
        script("own/pre-backup", "echo \"own $UNDERSTUDY_RUN $#\" > " + seen);
        script("host/pre-backup", "echo host > " + seen);
        ScriptHooks hooks = hooks(Duration.ofSeconds(10));

        hooks.pre("run-7");

        assertThat(seen).hasContent("own run-7 0");
        assertThat(hooks.hasPre()).isTrue();
        assertThat(hooks.hasPost()).isFalse();
        hooks.post("run-7");
    }

    @Test
    void aFailureCarriesTheEndOfWhatTheScriptSaid() throws IOException {
        script("host/pre-backup", "echo 'cannot quiesce'; echo 'no such database' >&2; exit 3");
        assertThatThrownBy(() -> hooks(Duration.ofSeconds(10)).pre("r"))
                .isInstanceOfSatisfying(ProblemException.class, e -> {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.SCRIPT_FAILED);
                    assertThat(e.problem().values()).containsEntry("status", "3");
                    assertThat(e.problem().details()).contains("cannot quiesce").contains("no such database");
                });
    }

    @Test
    void aScriptThatHangsIsEndedAndToldAsFailed() throws IOException {
        script("own/post-backup", "exec sleep 300");
        assertThatThrownBy(() -> hooks(Duration.ofSeconds(1)).post("r"))
                .isInstanceOfSatisfying(ProblemException.class, e -> {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.SCRIPT_FAILED);
                    assertThat(e.problem().values()).containsEntry("status", "COMMAND_STALLED");
                });
    }

    @Test
    void applicationsAreBroughtToRestInOrderBeforeTheScriptAndLetGoInTheOppositeOrderAfterIt() throws IOException {
        Path seen = directory.resolve("seen");
        script("own/applications/20-web", "echo \"web $1 $UNDERSTUDY_RUN\" >> " + seen);
        script("host/applications/10-database", "echo \"database $1 $UNDERSTUDY_RUN\" >> " + seen);
        script("host/pre-backup", "echo own-pre >> " + seen);
        script("host/post-backup", "echo own-post >> " + seen);
        ScriptHooks hooks = hooks(Duration.ofSeconds(10));

        assertThat(hooks.pre("r")).isTrue();
        hooks.post("r");

        assertThat(seen).hasContent("database pre r\nweb pre r\nown-pre\nown-post\nweb post r\ndatabase post r\n");
    }

    @Test
    void anApplicationThatIsNotAtRestNeedNotStopTheRun() throws IOException {
        Path seen = directory.resolve("seen");
        script("host/applications/database", "exit 75");
        script("host/pre-backup", "echo ran >> " + seen);
        assertThat(hooks(Duration.ofSeconds(10)).pre("r")).isFalse();
        assertThat(seen).hasContent("ran\n");
    }

    @Test
    void everyApplicationIsLetGoThoughOneFails() throws IOException {
        Path seen = directory.resolve("seen");
        script("host/applications/a", "echo a >> " + seen);
        script("host/applications/b", "exit 4");
        ScriptHooks hooks = hooks(Duration.ofSeconds(10));
        assertThat(hooks.hasPre()).isTrue();
        assertThat(hooks.hasPost()).isTrue();
        assertThatThrownBy(() -> hooks.post("r"))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().values()).containsEntry("status", "4"));
        assertThat(seen).hasContent("a\n");
    }
}
