package org.understudy.agent.linux.tracking;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * Turns granules in ascending order into extents. With more extents than the limit, those that are near each other become one, so that memory
 * stays bounded; the set grows then, which is right for marks. Not thread-safe.
 */
final class ExtentGatherer implements LongConsumer {

    private final long granuleBytes;
    private final long diskBytes;
    private final int most;
    private List<Extent> extents = new ArrayList<>();
    private long gapBytes;
    private long start = -1;
    private long end = -1;

    /**
     * @param most extents, at least 2
     */
    ExtentGatherer(long granuleBytes, long diskBytes, int most) {
        this.granuleBytes = granuleBytes;
        this.diskBytes = diskBytes;
        this.most = most;
    }

    @Override
    public void accept(long granule) {
        long offset = granule * granuleBytes;
        if (offset >= diskBytes) {
            return;
        }
        if (start >= 0 && offset - end <= gapBytes) {
            end = Math.max(end, offset + granuleBytes);
        } else {
            flush();
            start = offset;
            end = offset + granuleBytes;
        }
    }

    private void flush() {
        if (start >= 0) {
            extents.add(Extent.between(start, Math.min(end, diskBytes)));
            start = -1;
            while (extents.size() >= most) {
                thin();
            }
        }
    }

    private void thin() {
        gapBytes = Math.max(granuleBytes, gapBytes * 2);
        List<Extent> fewer = new ArrayList<>();
        long from = extents.get(0).offset();
        long to = extents.get(0).end();
        for (Extent extent : extents) {
            if (extent.offset() - to > gapBytes) {
                fewer.add(Extent.between(from, to));
                from = extent.offset();
            }
            to = extent.end();
        }
        fewer.add(Extent.between(from, to));
        extents = fewer;
    }

    ExtentSet extents() {
        flush();
        return ExtentSet.of(extents);
    }
}
