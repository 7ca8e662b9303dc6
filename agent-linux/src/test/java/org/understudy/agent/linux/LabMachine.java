package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.TestReporter;
import org.understudy.core.protocol.AgentMessage;

/** The lab's machine as the suite {@code kernels} finds it. Stateless. */
final class LabMachine {

    /** Where the product pins its trackers. */
    static final Path PINS = Path.of("/sys/fs/bpf/understudy");

    private LabMachine() {}

    /** A new directory on the disk that is under no test. */
    static Path scratch(String name) throws IOException {
        return Files.createTempDirectory(volume(), name);
    }

    /** The disk that is under no test; what it holds outlives a boot. */
    static Path volume() throws IOException {
        String volume = System.getProperty("understudy.lab.volume");
        if (volume == null) {
            throw new IOException("this test runs in the lab: ./understudy lab --suite kernels");
        }
        return Path.of(volume);
    }

    /** Leaves out the kinds that were not asked for with {@code understudy.lab.kinds}, names with commas between; all are, if none is. */
    static void assumeWanted(Enum<?> kind) {
        String wanted = System.getProperty("understudy.lab.kinds", "");
        Assumptions.assumeTrue(
                wanted.isEmpty() || List.of(wanted.split(",", -1)).contains(kind.name()), "it was not asked for");
    }

    /** Names and values in turn; JUnit takes no value that is blank. */
    static Map<String, String> figures(@Nullable Object... pairs) {
        Map<String, String> figures = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            String value = String.valueOf(pairs[i + 1]);
            figures.put(String.valueOf(pairs[i]), value.isBlank() ? "none" : value);
        }
        return figures;
    }

    /** Publishes what a run moved, with its name before each figure. */
    static void publish(
            TestReporter reporter,
            String name,
            AgentMessage.TransferFinished finished,
            FrozenTruth truth,
            FrozenTruth.Differences different) {
        AgentMessage.DiskTransfer moved = finished.disks().get(0);
        reporter.publishEntry(figures(
                name + ".consistency",
                finished.consistency(),
                name + ".reason",
                finished.consistencyReason(),
                name + ".frozenMillis",
                truth.frozen(finished).toMillis(),
                name + ".usedKiB",
                moved.usedBytes() >> 10,
                name + ".readKiB",
                moved.scannedBytes() >> 10,
                name + ".changedKiB",
                moved.changedBytes() >> 10,
                name + ".sentKiB",
                moved.sentBytes() >> 10,
                name + ".unmappedKiB",
                moved.unmappedBytes() >> 10,
                name + ".differentUsedUnits",
                different.used(),
                name + ".freeUnitsNotZero",
                different.free(),
                name + ".differentAt",
                different.first()));
    }
}
