package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.server.kernel.ByteSize;

class HostMemoryTest {

    private static final long MIB = 1 << 20;

    @TempDir
    private Path directory;

    private HostMemory memory(long totalMib, long availableMib) throws IOException {
        Path file =
                Files.writeString(directory.resolve("meminfo"), """
                MemTotal:       %d kB
                MemFree:          900000 kB
                MemAvailable:   %d kB
                """.formatted(totalMib * 1024, availableMib * 1024));
        return new HostMemory(file, 512 * MIB);
    }

    @Test
    void whatRunningGuestsWereGivenCountsEvenIfTheyDidNotTouchIt() throws IOException {
        assertThat(memory(8192, 7500).free(4096 * MIB)).isEqualTo(ByteSize.ofMebibytes(8192 - 512 - 4096));
    }

    @Test
    void whatOtherProgramsUseCounts() throws IOException {
        assertThat(memory(8192, 1000).free(0)).isEqualTo(ByteSize.ofMebibytes(1000));
    }

    @Test
    void itIsNeverNegative() throws IOException {
        assertThat(memory(1024, 900).free(4096 * MIB)).isEqualTo(new ByteSize(0));
    }
}
