package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.understudy.server.hypervisor.FakeMachineFigures;
import org.understudy.server.kernel.ByteSize;

class HostMemoryTest {

    private static final long MIB = 1 << 20;

    private static HostMemory memory(long totalMib, long availableMib) {
        return new HostMemory(new FakeMachineFigures(4, totalMib * MIB, availableMib * MIB), 512 * MIB);
    }

    @Test
    void whatRunningGuestsWereGivenCountsEvenIfTheyDidNotTouchIt() {
        assertThat(memory(8192, 7500).free(4096 * MIB)).isEqualTo(ByteSize.ofMebibytes(8192 - 512 - 4096));
    }

    @Test
    void whatOtherProgramsUseCounts() {
        assertThat(memory(8192, 1000).free(0)).isEqualTo(ByteSize.ofMebibytes(1000));
    }

    @Test
    void itIsNeverNegative() {
        assertThat(memory(1024, 900).free(4096 * MIB)).isEqualTo(new ByteSize(0));
        assertThat(memory(256, 200).total()).isEqualTo(new ByteSize(0));
    }

    @Test
    void theReserveIsNoPartOfWhatGuestsMayHaveTogether() {
        assertThat(memory(8192, 1000).total()).isEqualTo(ByteSize.ofMebibytes(8192 - 512));
    }
}
