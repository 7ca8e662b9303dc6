package org.understudy.server.fleet.gateway;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.InstalledBoot;
import org.understudy.core.protocol.MachineBoot;

class BootCheckTest {

    private static InstalledBoot installed(String version, String driver, String mount, int kernels) {
        InstalledBoot.Kernel kernel = new InstalledBoot.Kernel(
                version, null, List.of("/initrd"), null, Set.of(driver), null, null, false, null);
        return new InstalledBoot(
                Collections.nCopies(kernels, kernel),
                Set.of("grub"),
                null,
                List.of(new InstalledBoot.Mount("UUID=1", mount, "ext4", true)),
                List.of());
    }

    private static MachineBoot machine(String disk, String layer) {
        return new MachineBoot(
                MachineBoot.Kind.UNKNOWN,
                null,
                null,
                null,
                List.of(),
                List.of(new MachineBoot.DiskBoot(disk, MachineBoot.BootCode.NONE, false, null, false, false)),
                new MachineBoot.RootStack("ext4", List.of(layer), List.of(), List.of()),
                List.of());
    }

    @Test
    void whatAgentsReportIsTaken() {
        assertThatCode(() -> BootCheck.installed(installed("6.1", "virtio_blk", "/", 1)))
                .doesNotThrowAnyException();
        assertThatCode(() -> BootCheck.machine(machine("wwn-1", "lvm"))).doesNotThrowAnyException();
    }

    @Test
    void whatIsTooLongTooMuchOrNoNameIsAViolation() {
        for (InstalledBoot bad : List.of(
                installed("x".repeat(256), "ahci", "/", 1),
                installed("6.1", "a b", "/", 1),
                installed("6.1", "ahci", "", 1),
                installed("6.1", "ahci", "/\u0007", 1),
                installed("6.1", "ahci", "/", 65))) {
            violation(() -> BootCheck.installed(bad));
        }
        violation(() -> BootCheck.machine(machine("../x", "lvm")));
        violation(() -> BootCheck.machine(machine("wwn-1", "y".repeat(300))));
    }

    private static void violation(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(call)
                .satisfies(e -> org.assertj.core.api.Assertions.assertThat(
                                e.problem().code())
                        .isEqualTo(ProblemCode.PROTOCOL_VIOLATION));
    }
}
