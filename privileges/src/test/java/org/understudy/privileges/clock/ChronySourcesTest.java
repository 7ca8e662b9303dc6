package org.understudy.privileges.clock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.understudy.core.command.ScriptedCommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

class ChronySourcesTest {

    private static final List<String> ARGV = List.of("chronyc", "-c", "-n", "sources");
    private static final String BEST = "^,*,192.0.2.1,2,6,377,23,-0.000012,-0.000013,0.010\n";
    private static final String GOOD = "^,+,192.0.2.2,2,6,377,23,0.000712,0.000713,0.020\n";
    private static final String FALSE = "^,x,192.0.2.3,2,6,377,23,86400.1,86400.1,0.020\n";
    private static final String SILENT = "^,+,192.0.2.4,2,6,0,23,0.000000,0.000000,0.020\n";
    private static final String FAR = "^,+,192.0.2.5,2,6,377,23,7200.0,7200.0,0.020\n";
    private static final String CARD = "#,+,PPS0,0,4,377,23,0.000000,0.000000,0.020\n";

    private static boolean agreed(String output) {
        return new ChronySources(new ScriptedCommandRunner().on(ARGV, output))
                .ask()
                .agreed();
    }

    @Test
    void two_selected_servers_agree() {
        assertThat(agreed(BEST + GOOD + FALSE)).isTrue();
    }

    @Test
    void one_is_not_enough_whatever_else_is_there() {
        assertThat(agreed(BEST)).isFalse();
        assertThat(agreed(BEST + FALSE + SILENT + FAR + CARD)).isFalse();
        assertThat(agreed("")).isFalse();
    }

    @Test
    void what_is_not_understood_or_cannot_be_asked_does_not_agree() {
        assertThat(agreed(BEST + GOOD + "506 Cannot talk to daemon\n")).isFalse();
        assertThat(agreed(BEST + GOOD.replace("0.000712", "none"))).isFalse();
        assertThat(new ChronySources(new ScriptedCommandRunner().failOn(ARGV, 1, "506 Cannot talk to daemon"))
                        .ask()
                        .agreed())
                .isFalse();
        assertThat(new ChronySources(new ScriptedCommandRunner()
                                .throwOn(
                                        ARGV,
                                        Problem.of(ProblemCode.COMMAND_MISSING, "program", "chronyc")
                                                .asException()))
                        .ask()
                        .agreed())
                .isFalse();
    }
}
