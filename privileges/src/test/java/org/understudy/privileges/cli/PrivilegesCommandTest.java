package org.understudy.privileges.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.privileges.daemon.Settings;

class PrivilegesCommandTest {

    @TempDir
    Path directory;

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

    private int run(String... arguments) {
        PrintStream out = new PrintStream(shown, true, StandardCharsets.UTF_8);
        return PrivilegesCommand.run(List.of(arguments), out, out);
    }

    private String shown() {
        return shown.toString(StandardCharsets.UTF_8);
    }

    @Test
    void what_is_no_verb_gets_the_usage() {
        assertThat(run()).isEqualTo(64);
        assertThat(run("destroy", "--root=tank/u")).isEqualTo(64);
        assertThat(shown()).contains("confirm-clock TIME");
    }

    @Test
    void a_daemon_that_does_not_run_is_a_problem_with_a_way_out() {
        assertThat(run("status", "--root=tank/u", "--run=" + directory)).isEqualTo(1);
        assertThat(shown()).contains("systemctl status understudy-privileges");
    }

    @Test
    void a_confirmation_names_a_time() {
        assertThat(run("confirm-clock", "now", "--root=tank/u", "--run=" + directory))
                .isEqualTo(1);
        assertThat(shown()).contains("\"now\" is no time");
    }

    @Test
    void settings_have_defaults_and_each_can_be_given() {
        Settings defaults = Settings.parse(List.of("--root=tank/my understudy"));
        assertThat(defaults.user()).isEqualTo("understudy");
        assertThat(defaults.serverSocket()).hasToString("/run/understudy-privileges/server/server.sock");
        assertThat(defaults.consoleSocket()).hasToString("/run/understudy-privileges/console/console.sock");

        Settings given = Settings.parse(List.of("--root=tank/u", "--longest-lock-days=30", "--user=a", "--log=/l"));
        assertThat(given.longestLock()).isEqualTo(Duration.ofDays(30));
        assertThat(given.user()).isEqualTo("a");
        assertThat(given.log()).hasToString("/l");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--root=tank",
                "--root=",
                "--root=../tank/u",
                "--root=tank/u@x",
                "--root=-r",
                "--colour=red",
                "root=tank/u",
                "--run=relative",
                "--longest-lock-days=0",
                "--longest-lock-days=-1",
                "--longest-lock-days=1e3"
            })
    void bad_settings_are_refused(String argument) {
        List<String> arguments = argument.startsWith("--root") ? List.of(argument) : List.of("--root=tank/u", argument);

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> Settings.parse(arguments))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_SETTING));
    }
}
