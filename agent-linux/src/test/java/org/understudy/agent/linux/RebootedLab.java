package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/** The machine was started again since the last point of {@link RootDiskLab}. */
@Tag("kernels-rebooted")
class RebootedLab {

    /** What a run may send besides what differs in the end: blocks that were written again while it read. */
    private static final long WHILE_READING = 24L << 20;

    @Test
    void theNextRunComparesSendsOnlyWhatDiffersAndSaysWhyAndTheOneAfterIsTracked(TestReporter reporter)
            throws Exception {
        Path disk = RootDisk.device();
        FrozenTruth truth = new FrozenTruth(disk, RootDisk.truth());
        RootDisk.rollBack();
        try (FileTargetBench bench =
                new FileTargetBench(RootDisk.STATE, disk, RootDisk.volume(), LabMachine.PINS, truth)) {
            AgentMessage.TransferFinished compared = bench.run(RootDisk.LAST_POINT, "root-rebooted");

            FrozenTruth.Differences different = truth.differences(RootDisk.volume());
            LabMachine.publish(reporter, "rebooted", compared, truth, different);
            ImageComparison since = ImageComparison.of(RootDisk.truth(), RootDisk.lastPoint());
            reporter.publishEntry(LabMachine.figures(
                    "rebooted.differedKiB", since.bytes() >> 10, "rebooted.leastToSendKiB", since.leastBytes() >> 10));
            AgentMessage.DiskTransfer moved = compared.disks().get(0);
            assertThat(compared.consistencyReason())
                    .contains("the host was started again since the last point")
                    .contains("All used blocks were compared");
            assertThat(compared.consistency()).as(compared.consistencyReason()).isEqualTo(Consistency.FILE_SYSTEM);
            assertThat(different.total()).as("4 KiB that differ: %s", different).isZero();
            assertThat(moved.scannedBytes()).as("all that is used is read").isGreaterThanOrEqualTo(moved.usedBytes());
            assertThat(moved.sentBytes())
                    .as("what is sent, where " + since.leastBytes() + " bytes of blocks differed")
                    .isPositive()
                    .isLessThan(since.leastBytes() + WHILE_READING)
                    .isLessThan(moved.usedBytes() / 2);

            new ProcessCommandRunner()
                    .run(Command.of("sh", "-c", "head -c 1M /dev/urandom > /var/tmp/tracked-again && sync"))
                    .orThrow();
            AgentMessage.TransferFinished tracked = bench.run("root-rebooted", "root-tracked-again");
            FrozenTruth.Differences differentAgain = truth.differences(RootDisk.volume());
            LabMachine.publish(reporter, "tracked", tracked, truth, differentAgain);
            assertThat(tracked.consistencyReason()).contains("Only blocks written since the last point were read");
            assertThat(differentAgain.total())
                    .as("4 KiB that differ: %s", differentAgain)
                    .isZero();
            assertThat(tracked.disks().get(0).scannedBytes())
                    .isLessThan(tracked.disks().get(0).usedBytes() / 4);
        }
    }
}
