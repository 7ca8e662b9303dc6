package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Numbers as in {@code enum req_opf} of Linux 5.10 and {@code enum req_op} of 6.18. */
class OperationsTest {

    private static final Map<String, Integer> LINUX_5_10 = Map.ofEntries(
            Map.entry("REQ_OP_READ", 0),
            Map.entry("REQ_OP_WRITE", 1),
            Map.entry("REQ_OP_FLUSH", 2),
            Map.entry("REQ_OP_DISCARD", 3),
            Map.entry("REQ_OP_SECURE_ERASE", 5),
            Map.entry("REQ_OP_WRITE_SAME", 7),
            Map.entry("REQ_OP_WRITE_ZEROES", 9),
            Map.entry("REQ_OP_ZONE_OPEN", 10),
            Map.entry("REQ_OP_ZONE_CLOSE", 11),
            Map.entry("REQ_OP_ZONE_FINISH", 12),
            Map.entry("REQ_OP_ZONE_APPEND", 13),
            Map.entry("REQ_OP_ZONE_RESET", 15),
            Map.entry("REQ_OP_ZONE_RESET_ALL", 17),
            Map.entry("REQ_OP_SCSI_IN", 32),
            Map.entry("REQ_OP_SCSI_OUT", 33),
            Map.entry("REQ_OP_DRV_IN", 34),
            Map.entry("REQ_OP_DRV_OUT", 35));

    private static boolean has(long set, int operation) {
        return (set >>> operation & 1) != 0;
    }

    @Test
    void writesOfEveryKindMarkAndReadsDoNot() throws Exception {
        Operations operations = Operations.of(LINUX_5_10);

        for (int operation : new int[] {1, 3, 5, 7, 9}) {
            assertThat(has(operations.marking(), operation)).as("%d", operation).isTrue();
            assertThat(has(operations.passthrough(), operation))
                    .as("%d", operation)
                    .isFalse();
        }
        for (int operation : new int[] {0, 2, 10, 11, 12, 32, 34}) {
            assertThat(has(operations.marking() | operations.passthrough(), operation))
                    .as("%d", operation)
                    .isFalse();
        }
    }

    @Test
    void writesWhosePlaceIsNotKnownAreDoubtsAndSoAreOddOnesThatNobodyKnows() throws Exception {
        Operations operations = Operations.of(LINUX_5_10);

        for (int operation : new int[] {13, 15, 17, 33, 35, 37, 63, 19}) {
            assertThat(has(operations.passthrough(), operation))
                    .as("%d", operation)
                    .isTrue();
        }
        assertThat(operations.commandIn()).isEqualTo(34);
    }

    @Test
    void aKernelWithoutNamesOfOperationsIsNotTracked() {
        assertThatThrownBy(() -> Operations.of(Map.of())).isInstanceOf(BlockLayout.MissingException.class);
        assertThatThrownBy(() -> Operations.of(Map.of("REQ_OP_READ", 0, "REQ_OP_WRITE", 1)))
                .isInstanceOf(BlockLayout.MissingException.class);
    }
}
