package org.understudy.agent.scan;

import java.util.List;
import org.understudy.core.extent.Extent;

/**
 * Some neighbouring blocks that are read together; the first and the last of them hold used bytes.
 *
 * @param offset where the first block begins
 * @param length bytes from there to the end of the last block, at most {@link #MAX_BYTES}
 * @param used used bytes inside, ascending, apart
 */
public record Window(long offset, int length, List<Extent> used) {

    public static final int MAX_BYTES = 1 << 20;

    public Window {
        used = List.copyOf(used);
    }

    public long usedBytes() {
        return used.stream().mapToLong(Extent::length).sum();
    }
}
