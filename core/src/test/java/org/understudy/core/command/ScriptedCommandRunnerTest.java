package org.understudy.core.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class ScriptedCommandRunnerTest {

    private final ScriptedCommandRunner runner = new ScriptedCommandRunner();

    @Test
    void foreseenCommandsAreAnsweredOnceEach() {
        runner.on(List.of("zfs", "list"), "a\nb\n").failOn(List.of("zfs", "destroy"), 1, "busy");

        assertThat(runner.run(Command.of("zfs", "destroy")).errorOutput()).isEqualTo("busy");
        assertThat(runner.run(Command.of("zfs", "list")).lines()).containsExactly("a", "b");
        runner.verify();
        assertThat(runner.ran()).extracting(Command::toString).containsExactly("zfs destroy", "zfs list");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> runner.run(Command.of("zfs", "list")))
                .withMessageContaining("unforeseen command: zfs list");
    }

    @Test
    void anotherArgumentIsAnotherCommand() {
        runner.on(List.of("zfs", "list"), "");

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> runner.run(Command.of("zfs", "list", "-H")))
                .withMessageContaining("still foreseen: [zfs list]");
    }

    @Test
    void aCommandThatNeverCameFailsTheTest() {
        runner.on(List.of("zfs", "list"), "");

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(runner::verify)
                .withMessageContaining("never run: [zfs list]");
    }

    @Test
    void problemsAreThrownAsOrdered() {
        runner.throwOn(
                List.of("zfs"),
                Problem.of(ProblemCode.COMMAND_MISSING, "program", "zfs").asException());

        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> runner.run(Command.of("zfs")));
    }
}
