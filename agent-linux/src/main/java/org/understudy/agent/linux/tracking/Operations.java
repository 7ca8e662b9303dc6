package org.understudy.agent.linux.tracking;

import java.util.Map;
import java.util.Set;

/**
 * What the kernel's block operations do to data, as sets of bits by operation number. An operation is a write for the kernel if its number
 * is odd ({@code op_is_write}); what is odd and not known here is treated as a write to an unknown place.
 *
 * @param marking operations that change the range that they name
 * @param passthrough operations that change data somewhere
 * @param commandIn number of the operation for commands of the driver that bring data in
 */
record Operations(long marking, long passthrough, int commandIn) {

    private static final Set<String> MARKING =
            Set.of("REQ_OP_WRITE", "REQ_OP_DISCARD", "REQ_OP_SECURE_ERASE", "REQ_OP_WRITE_SAME", "REQ_OP_WRITE_ZEROES");

    /** Odd in some kernels, yet they leave data as it is. */
    private static final Set<String> HARMLESS =
            Set.of("REQ_OP_FLUSH", "REQ_OP_ZONE_OPEN", "REQ_OP_ZONE_CLOSE", "REQ_OP_ZONE_FINISH");

    private static final int NUMBERS = 64;

    static Operations of(Map<String, Integer> numbers) throws BlockLayout.MissingException {
        long marking = 0;
        long harmless = 0;
        for (Map.Entry<String, Integer> entry : numbers.entrySet()) {
            int number = entry.getValue();
            if (number >= 0 && number < NUMBERS) {
                marking |= MARKING.contains(entry.getKey()) ? 1L << number : 0;
                harmless |= HARMLESS.contains(entry.getKey()) ? 1L << number : 0;
            }
        }
        Integer write = numbers.get("REQ_OP_WRITE");
        Integer commandIn = numbers.get("REQ_OP_DRV_IN");
        if (write == null || commandIn == null || (marking & 1L << write) == 0) {
            throw new BlockLayout.MissingException("its type information does not name the block operations");
        }
        long odd = 0xaaaa_aaaa_aaaa_aaaaL;
        return new Operations(marking, odd & ~marking & ~harmless, commandIn);
    }
}
