package org.understudy.agent.scan;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** Cuts used space into windows, in ascending order, each inside one aligned megabyte. Not thread-safe. */
final class WindowPlanner implements Iterator<Window> {

    private final Iterator<Extent> extents;
    private final int blockSize;
    private final long diskBytes;
    private @Nullable Extent rest;

    WindowPlanner(ExtentSet used, int blockSize, long diskBytes) {
        extents = used.extents().iterator();
        this.blockSize = blockSize;
        this.diskBytes = diskBytes;
        rest = extents.hasNext() ? extents.next() : null;
    }

    @Override
    public boolean hasNext() {
        return rest != null;
    }

    @Override
    public Window next() {
        if (rest == null) {
            throw new NoSuchElementException();
        }
        long chunkEnd = rest.offset() / Window.MAX_BYTES * Window.MAX_BYTES + Window.MAX_BYTES;
        List<Extent> used = new ArrayList<>();
        while (rest != null && rest.offset() < chunkEnd) {
            long end = Math.min(rest.end(), chunkEnd);
            used.add(Extent.between(rest.offset(), end));
            if (end < rest.end()) {
                rest = Extent.between(end, rest.end());
            } else {
                rest = extents.hasNext() ? extents.next() : null;
            }
        }
        long start = used.get(0).offset() / blockSize * blockSize;
        long lastEnd = used.get(used.size() - 1).end();
        long end = Math.min(diskBytes, (lastEnd + blockSize - 1) / blockSize * blockSize);
        return new Window(start, (int) (end - start), used);
    }
}
