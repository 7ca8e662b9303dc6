package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.device.BlockDevice.AllocatedRange;
import org.understudy.iscsi.device.BlockDevice.Allocation;

/**
 * Answers of a {@link HoleMap}, kept for a moment so that the descriptors of one GET LBA STATUS cost one question. Any change of
 * the device makes them void: a block that was written must never be called a hole. Thread-safe.
 */
final class KnownHoles {

    private static final long WINDOW_BYTES = 1L << 30;
    private static final long LIFETIME_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final HoleMap map;
    private final AtomicLong changes = new AtomicLong();
    private volatile @Nullable Answer last;

    private record Answer(long changes, long askedNanos, List<HoleMap.Range> ranges) {}

    KnownHoles(HoleMap map) {
        this.map = map;
    }

    /** To be called after a change was made. */
    void changed() {
        changes.incrementAndGet();
    }

    AllocatedRange at(Path file, long offset, long length) throws IOException {
        Answer answer = last;
        long now = System.nanoTime();
        boolean fresh =
                answer != null && answer.changes() == changes.get() && now - answer.askedNanos() < LIFETIME_NANOS;
        if (answer != null && fresh) {
            AllocatedRange known = find(answer.ranges(), offset, length);
            if (known != null) {
                return known;
            }
        }
        long asked = changes.get();
        List<HoleMap.Range> ranges = map.ranges(file, offset, Math.min(length, WINDOW_BYTES));
        last = new Answer(asked, now, ranges);
        AllocatedRange found = find(ranges, offset, length);
        return found == null ? new AllocatedRange(Allocation.MAPPED, length) : found;
    }

    private static @Nullable AllocatedRange find(List<HoleMap.Range> ranges, long offset, long length) {
        for (HoleMap.Range range : ranges) {
            long end = range.offset() + range.length();
            if (offset >= range.offset() && offset < end) {
                Allocation allocation = range.hole() ? Allocation.HOLE : Allocation.MAPPED;
                return new AllocatedRange(allocation, Math.min(length, end - offset));
            }
        }
        return null;
    }
}
