package org.understudy.server.web.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.understudy.core.problem.FaultClass;
import org.understudy.core.protocol.Consistency;
import org.understudy.server.alerts.Severity;
import org.understudy.server.hypervisor.Acceleration;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.recovery.Takeover;

/** Every text that the console's code asks for exists, and every text that exists is asked for. */
class TextsTest {

    private static final Pattern WORD = Pattern.compile("[\"{$]((?:[a-z]+)(?:\\.[a-zA-Z0-9]+)*\\.?)[\"}(]");

    private static final Map<String, Enum<?>[]> NAMES = Map.of(
            "run.state", BackupRun.State.values(),
            "run.trigger", BackupRun.Trigger.values(),
            "point.state", RecoveryPoint.State.values(),
            "consistency", Consistency.values(),
            "takeover.state", Takeover.State.values(),
            "takeover.mode", Takeover.Mode.values(),
            "severity", Severity.values(),
            "fault", FaultClass.values(),
            "acceleration", Acceleration.values(),
            "protection", HostStatus.Protection.values());

    @Test
    void everyConstantHasAName() {
        Set<String> keys = keys();

        NAMES.forEach((prefix, constants) -> {
            for (Enum<?> constant : constants) {
                assertThat(keys).contains(prefix + "." + constant.name());
            }
        });
        PolicyInput.UNITS.forEach(unit -> assertThat(keys).contains("unit." + unit));
    }

    @Test
    void noTextIsLeftOver() throws IOException {
        Set<String> used = new TreeSet<>();
        collect(Path.of("src/main/java/org/understudy/server/web"), used);
        collect(Path.of("../web-ui/src/main/resources/templates"), used);

        Set<String> left = new TreeSet<>(keys());
        left.removeAll(used);
        left.removeIf(key -> used.stream().anyMatch(prefix -> prefix.endsWith(".") && key.startsWith(prefix)));
        left.removeIf(key -> NAMES.keySet().stream().anyMatch(prefix -> key.startsWith(prefix + ".")));
        assertThat(left).isEmpty();
    }

    private static void collect(Path directory, Set<String> into) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Matcher matcher = WORD.matcher(Files.readString(file));
                while (matcher.find()) {
                    into.add(matcher.group(1));
                }
            }
        }
    }

    private static Set<String> keys() {
        return ResourceBundle.getBundle("org.understudy.webui.messages", Locale.ROOT)
                .keySet();
    }
}
