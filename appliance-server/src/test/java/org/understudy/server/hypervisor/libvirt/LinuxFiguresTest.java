package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.server.hypervisor.MachineFigures.Figures;

/** Trees as the kernel shows them: proc and the control groups of both versions. */
class LinuxFiguresTest {

    private static final long MIB = 1 << 20;
    private static final long TOTAL = 8192 * MIB;
    private static final long AVAILABLE = 6000 * MIB;

    @TempDir
    private Path directory;

    @BeforeEach
    void machine() throws IOException {
        write("proc/meminfo", """
                MemTotal:       %d kB
                MemFree:          900000 kB
                MemAvailable:   %d kB
                """.formatted(TOTAL / 1024, AVAILABLE / 1024));
        write("proc/self/cgroup", "0::/system.slice/understudy.service\n");
    }

    private void write(String path, String text) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void group(String path, String name, String text) throws IOException {
        write("cgroup/" + path + "/" + name, text + "\n");
    }

    private Figures figures() {
        return new LinuxFigures(directory.resolve("proc"), Optional.of(directory.resolve("cgroup"))).now();
    }

    @Test
    void withoutLimitsItIsWhatTheMachineHas() throws IOException {
        group("system.slice/understudy.service", "memory.max", "max");
        group("system.slice/understudy.service", "cpu.max", "max 100000");
        assertThat(figures()).isEqualTo(new Figures(Runtime.getRuntime().availableProcessors(), TOTAL, AVAILABLE));
    }

    @Test
    void theTightestLimitOfAllGroupsAboveCounts() throws IOException {
        group("system.slice/understudy.service", "memory.max", Long.toString(4096 * MIB));
        group("system.slice/understudy.service", "memory.current", Long.toString(100 * MIB));
        group("system.slice", "memory.max", Long.toString(2048 * MIB));
        group("system.slice", "memory.current", Long.toString(1500 * MIB));
        group("system.slice", "memory.stat", "anon 1\ninactive_file " + 300 * MIB + "\nactive_file " + 200 * MIB);
        group("system.slice", "cpu.max", "100000 100000");
        assertThat(figures())
                .as("1500 MiB are used, 500 of them by cached files, which can be given up")
                .isEqualTo(new Figures(1, 2048 * MIB, 1048 * MIB));
    }

    @Test
    void aGroupThatIsOverItsLimitHasNothingFree() throws IOException {
        group("system.slice", "memory.max", Long.toString(1024 * MIB));
        group("system.slice", "memory.current", Long.toString(2000 * MIB));
        assertThat(figures().availableBytes()).isZero();
    }

    @Test
    void theFirstVersionIsReadToo() throws IOException {
        write("proc/self/cgroup", """
                12:memory:/box/server
                4:cpu,cpuacct:/box
                1:name=systemd:/
                0::/
                """);
        group("memory/box/server", "memory.limit_in_bytes", "9223372036854771712");
        group("memory/box", "memory.limit_in_bytes", Long.toString(3000 * MIB));
        group("memory/box", "memory.usage_in_bytes", Long.toString(1000 * MIB));
        group("memory/box", "memory.stat", "cache 5\ntotal_inactive_file " + 400 * MIB);
        group("cpu/box", "cpu.cfs_quota_us", "50000");
        group("cpu/box", "cpu.cfs_period_us", "100000");
        assertThat(figures()).isEqualTo(new Figures(1, 3000 * MIB, 2400 * MIB));
    }

    @Test
    void aContainerThatDoesNotSeeItsOwnPathIsLimitedByItsRoot() throws IOException {
        write("proc/self/cgroup", "4:memory:/docker/c3c3\nnonsense\n");
        group("memory", "memory.limit_in_bytes", Long.toString(1000 * MIB));
        group("memory", "memory.usage_in_bytes", Long.toString(10 * MIB));
        assertThat(figures().availableBytes()).isEqualTo(990 * MIB);
    }

    @Test
    void groupsDoNotCountWhereGuestsRunElsewhere() throws IOException {
        group("system.slice", "memory.max", Long.toString(1024 * MIB));
        assertThat(new LinuxFigures(directory.resolve("proc"), Optional.empty())
                        .now()
                        .memoryBytes())
                .isEqualTo(TOTAL);
    }

    @Test
    void aKernelThatDoesNotTellIsAFailureAndNoGuess() throws IOException {
        write("proc/meminfo", "MemTotal: much\n");
        assertThatThrownBy(this::figures)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("MemTotal");
        Files.delete(directory.resolve("proc/meminfo"));
        assertThatThrownBy(this::figures).isInstanceOf(UncheckedIOException.class);
    }
}
