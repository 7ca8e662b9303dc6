package org.understudy.agent.usedspace;

/**
 * How much of a partition (or area outside of partitions) is in use, and how that is known.
 *
 * @param number partition number; 0 for a file system on the whole disk and for what lies outside of partitions
 * @param type file-system type, or {@code table and gaps}
 * @param explanation {@value #MAPPED}, or {@code read whole: } and the reason
 */
public record PartitionUse(
        int number, long offsetBytes, long sizeBytes, String type, long usedBytes, String explanation) {

    public static final String MAPPED = "mapped";
    static final String READ_WHOLE = "read whole: ";

    public boolean mapped() {
        return explanation.startsWith(MAPPED);
    }
}
