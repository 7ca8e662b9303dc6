package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.understudy.agent.linux.tracking.Tracker;

/** Commands that programs send to a disk past the block layer: nobody can tell what they changed, so they must not go unnoticed. */
@Tag("kernels")
class PassthroughLab {

    @Test
    void aScsiWriteByAProgramIsADoubtAndAnInquiryIsNone(TestReporter reporter) throws Exception {
        try (MadeDevice made = MadeDevice.of(MadeDevice.Kind.SCSI_DISK);
                PinDirectory pins = new PinDirectory(LabMachine.scratch("passthrough"));
                Tracker tracker = pins.start(made.device())) {
            made.run("sg_inq", made.device().toString());
            assertThat(tracker.doubtsOfEpoch()).as("after an inquiry").isEmpty();
            made.run(
                    "sg_dd",
                    "if=/dev/zero",
                    "of=" + made.device(),
                    "bs=512",
                    "count=8",
                    "seek=2048",
                    "oflag=sgio",
                    "blk_sgio=1");
            reporter.publishEntry(LabMachine.figures(
                    "passthrough", tracker.figures().passthrough(), "doubts", tracker.doubtsOfEpoch()));
            assertThat(tracker.doubtsOfEpoch()).containsExactly("1 commands bypassed the block layer");
        }
    }

    @Test
    void anNvmeDiscardByAProgramIsADoubtAndWriteZeroesIsCounted(TestReporter reporter) throws Exception {
        try (MadeDevice made = MadeDevice.of(MadeDevice.Kind.NVME_DISK);
                PinDirectory pins = new PinDirectory(LabMachine.scratch("passthrough"));
                Tracker tracker = pins.start(made.device())) {
            String disk = made.device().toString();
            made.run("nvme", "write-zeroes", disk, "--start-block=0", "--block-count=7");
            long unknown = tracker.figures().unknownCommands();
            List<String> before = tracker.doubtsOfEpoch();
            made.run("nvme", "dsm", disk, "--ad", "--slbs=64", "--blocks=8");
            reporter.publishEntry(LabMachine.figures(
                    "unknownCommands",
                    unknown,
                    "doubtsAfterWriteZeroes",
                    before,
                    "passthrough",
                    tracker.figures().passthrough(),
                    "doubts",
                    tracker.doubtsOfEpoch()));
            assertThat(unknown).as("Write Zeroes, which carries no data").isPositive();
            assertThat(tracker.doubtsOfEpoch()).contains("1 commands bypassed the block layer");
        }
    }
}
