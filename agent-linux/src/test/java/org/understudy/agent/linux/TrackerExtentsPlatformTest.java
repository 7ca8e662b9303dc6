package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * What the command line says was written to a device covers every difference between images that were taken of it, whoever wrote and
 * whatever happened to agents meanwhile. All that works on the tracker are processes of their own.
 */
@Tag("platform")
class TrackerExtentsPlatformTest {

    private static final long SIZE = 160L << 20;
    private static final Pattern EXTENT = Pattern.compile("\\{\"offset\":(\\d+),\"length\":(\\d+)}");

    private static final String FORMAT_AND_WRITE = """
            set -e; RANDOM=$3; mkdir -p "$2"
            [ "$4" = format ] && mkfs.ext4 -q -F "$1"
            mount "$1" "$2"
            for i in $(seq 60); do
              head -c $((RANDOM * 6 + 1)) /dev/urandom > "$2/f$((RANDOM % 40))"
              [ $((RANDOM % 4)) = 0 ] && rm -f "$2/f$((RANDOM % 40))"
              [ $((RANDOM % 7)) = 0 ] && sync --file-system "$2"
            done
            fallocate -z -o 4096 -l 70000 "$2/f1" 2>/dev/null || true
            [ "$4" = keep ] || fstrim "$2" 2>/dev/null || true
            umount "$2"
            dd if=/dev/urandom of="$1" bs=4k count=3 seek=39000 oflag=direct conv=notrunc status=none
            """;

    @TempDir
    Path directory;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();

    @Test
    void whatIsPrintedCoversEveryDifferenceBetweenImages() throws Exception {
        try (LoopDisk disk = new LoopDisk(directory, SIZE);
                PinDirectory pins = new PinDirectory(directory)) {
            String installed = System.getProperty("java.class.path");
            agent(installed, pins, "start", disk, "--granularity", "4K").orThrow();
            MarksAgainstBytes comparison = new MarksAgainstBytes(disk.device(), SIZE, 4096);

            script(disk, 1, true);
            check("alone", comparison, extents(installed, pins, disk));

            try (Burners burners = new Burners()) {
                script(disk, 2, true);
                check("beside " + burners.count() + " other programs", comparison, extents(installed, pins, disk));
            }

            killWhileItDrains(pins, disk, 3);
            check("after kill -9 of an agent", comparison, extents(installed, pins, disk));

            String upgraded = anotherInstallation();
            script(disk, 4, false);
            agent(upgraded, pins, "status", disk).orThrow();
            check("by another installation", comparison, extents(upgraded, pins, disk));
            script(disk, 5, false);
            check("by the first one again", comparison, extents(installed, pins, disk));
        }
    }

    private static void check(String what, MarksAgainstBytes comparison, ExtentSet printed) throws IOException {
        MarksAgainstBytes.Result result = comparison.compare(printed);
        System.err.println("extents " + what + ": " + result.text());
        assertThat(result.changed()).as(what).isPositive();
        assertThat(result.missed()).as(what).isEmpty();
    }

    private void script(LoopDisk disk, int seed, boolean format) {
        disk.run(
                "bash",
                "-c",
                FORMAT_AND_WRITE,
                "script",
                disk.device().toString(),
                directory.resolve("mnt").toString(),
                Integer.toString(seed),
                format ? "format" : "keep");
    }

    private void killWhileItDrains(PinDirectory pins, LoopDisk disk, int seed) throws IOException {
        RunningProcess drainer = commands.start(
                Command.of(
                        java(),
                        "-XX:-UsePerfData",
                        "-Xmx32m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DrainForever.class.getName(),
                        pins.pins().toString(),
                        disk.device().toString()),
                directory.resolve("drainer.log"));
        try {
            await().atMost(Duration.ofSeconds(60))
                    .until(() ->
                            Files.readString(directory.resolve("drainer.log")).contains("draining"));
            script(disk, seed, false);
            ProcessHandle.of(drainer.pid()).orElseThrow().destroyForcibly();
            assertThat(drainer.awaitExit(Duration.ofSeconds(20))).isTrue();
        } finally {
            drainer.close();
        }
    }

    /** The same agent from other files, as after an upgrade: nothing is shared with the first but pins. */
    private String anotherInstallation() {
        List<String> moved = new ArrayList<>();
        Path place = directory.resolve("upgraded");
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path copy = place.resolve(number++ + "-" + Path.of(entry).getFileName());
            commands.run(Command.of("mkdir", "-p", place.toString())).orThrow();
            // An empty entry is the working directory, and nothing of the agent.
            if (!entry.isEmpty() && Files.exists(Path.of(entry))) {
                commands.run(Command.of("cp", "-r", entry, copy.toString())).orThrow();
                moved.add(copy.toString());
            }
        }
        return String.join(File.pathSeparator, moved);
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private CommandResult agent(String classPath, PinDirectory pins, String verb, LoopDisk disk, String... more) {
        return commands.run(Command.of(
                        java(),
                        "-cp",
                        classPath,
                        AgentCommand.class.getName(),
                        "tracker",
                        verb,
                        disk.device().toString(),
                        "--pins=" + pins.pins())
                .and(more));
    }

    private ExtentSet extents(String classPath, PinDirectory pins, LoopDisk disk) {
        String printed = agent(classPath, pins, "extents", disk, "--json", "--swap")
                .orThrow()
                .output();
        assertThat(printed).contains("\"trusted\":true");
        List<Extent> extents = new ArrayList<>();
        Matcher matcher = EXTENT.matcher(printed);
        while (matcher.find()) {
            extents.add(new Extent(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))));
        }
        return ExtentSet.of(extents);
    }
}
