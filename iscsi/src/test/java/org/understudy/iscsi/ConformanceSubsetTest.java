package org.understudy.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.iscsi.device.FallocateHolePuncher;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;

/**
 * A fast subset of libiscsi's conformance suite against our target, each test in a process of its own, with the verdict that
 * {@code conformance/subset.txt} expects. All 230 tests are run by {@code iscsi/conformance/run.sh}.
 */
@Tag("platform")
@Timeout(60)
class ConformanceSubsetTest {

    private static final long SIZE = 2L << 30;
    private static final Pattern SUMMARY = Pattern.compile("tests\\s+\\d+\\s+(\\d+)\\s+(\\d+)\\s+\\d+\\s+\\d+");
    private static final Pattern VERDICT = Pattern.compile("(?m)(^|\\.\\.\\.)(passed|FAILED)");

    @TempDir
    private Path directory;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private IscsiTargetServer server;

    @BeforeEach
    void start() throws IOException {
        Path disk = directory.resolve("lun.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        server = TestTargets.plainServer();
        FileBlockDevice device = FileBlockDevice.open(disk, false, 512, new FallocateHolePuncher(commands));
        server.add(TargetDefinition.open(TestTargets.IQN, new LunDefinition(0, device, "CONFORMANCE", true)));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    static Stream<Arguments> expected() throws IOException {
        try (InputStream stream =
                Objects.requireNonNull(ConformanceSubsetTest.class.getResourceAsStream("/conformance/subset.txt"))) {
            List<String> lines = new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
            return lines.stream().map(line -> line.split(" ", 2)).map(words -> Arguments.of(words[1], words[0]));
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("expected")
    void libiscsi_says(String test, String verdict) {
        String url = "iscsi://127.0.0.1:" + server.plainPort() + "/" + TestTargets.IQN + "/0";
        Command command = Command.of("iscsi-test-cu", "-d", "-V", "-t", test, url);
        // Two paths make the multipath tests run.
        CommandResult result = commands.run(test.contains("MultipathIO") ? command.and(url) : command);
        assertThat(verdict(result.output() + result.errorOutput()))
                .as(result.output())
                .isEqualTo(verdict);
    }

    /** What the test itself printed decides; set-up and tear-down skip things of their own. */
    private static String verdict(String output) {
        Matcher summary = SUMMARY.matcher(output);
        if (!summary.find()
                || !summary.group(1).equals("1")
                || !summary.group(2).equals("1")) {
            return "fail";
        }
        int from = output.indexOf("  Test: ");
        Matcher end = VERDICT.matcher(output);
        int to = end.find(Math.max(0, from)) ? end.start() : output.length();
        return output.substring(Math.max(0, from), to).contains("[SKIPPED]") ? "skip" : "pass";
    }
}
