package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs with rings, beside which old kernels must not freeze. */
class IoUringHazardTest {

    private static final String OLD =
            "Linux version 5.10.0-32-amd64 (debian-kernel@example.org) (gcc-10) #1 SMP Debian 5.10.223-1 (2024-08-10)";

    @TempDir
    Path root;

    private void write(String path, String content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.resolveSibling("x").getParent());
        Files.writeString(file, content + "\n");
    }

    private void descriptor(int process, int number, String target) throws IOException {
        Path directory = Files.createDirectories(root.resolve("proc/" + process + "/fd"));
        Files.createSymbolicLink(directory.resolve(Integer.toString(number)), Path.of(target));
    }

    private IoUringHazard hazard() {
        return new IoUringHazard(KernelFiles.under(root));
    }

    @Test
    void onAnOldKernelAProgramWithARingIsNamed() throws IOException {
        write("proc/version", OLD);
        write("proc/17/comm", "mariadbd");
        descriptor(17, 3, "/var/lib/mysql/ibdata1");
        descriptor(17, 4, "anon_inode:[io_uring]");

        assertThat(hazard().find()).contains("mariadbd (17)").contains("io_uring");
    }

    @Test
    void onAnOldKernelWithoutRingsNothingIsInTheWay() throws IOException {
        write("proc/version", OLD);
        write("proc/17/comm", "mariadbd");
        descriptor(17, 4, "anon_inode:[eventpoll]");

        assertThat(hazard().find()).isNull();
    }

    @Test
    void onAMendedKernelRingsDoNotMatter() throws IOException {
        write("proc/version", "Linux version 6.1.0-56-cloud-amd64 (x@y) (gcc-12) #1 SMP Debian 6.1.192-1 (2026-10-01)");
        write("proc/17/comm", "mariadbd");
        descriptor(17, 4, "anon_inode:[io_uring]");

        assertThat(hazard().find()).isNull();
    }

    @Test
    void aKernelThatDoesNotSayItsVersionCountsAsOld() throws IOException {
        write("proc/17/comm", "fio");
        descriptor(17, 4, "anon_inode:[io_uring]");

        assertThat(hazard().find()).contains("fio (17)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Linux version 5.10.230 (x)",
                "Linux version 5.15.172-generic (x)",
                "Linux version 6.1.116 (x)",
                "Linux version 6.6.60 (x)",
                "Linux version 6.11.7 (x)",
                "Linux version 6.12 (x)",
                "Linux version 6.18.0 (x)",
                "Linux version 7.2.12 (x)",
                "Linux version 4.18.0-553.el8 (x)"
            })
    void isMendedOrHasNoRings(String version) {
        assertThat(IoUringHazard.isMended(version)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Linux version 5.10.229 (x)",
                "Linux version 5.14.0-427.el9 (x)",
                "Linux version 6.2.0 (x)",
                "Linux version 6.11.6 (x)",
                "Linux version 6.1.115 (x)",
                "Linux version unknown"
            })
    void isNotMended(String version) {
        assertThat(IoUringHazard.isMended(version)).isFalse();
    }
}
