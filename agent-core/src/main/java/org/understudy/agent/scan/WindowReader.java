package org.understudy.agent.scan;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.disk.DiskReader;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.extent.Extent;

/** Reads one window: few large direct reads, then everything unused is blanked and the blocks are digested. Stateless. */
final class WindowReader {

    /** A gap up to this size is read over rather than skipped by a read of its own. */
    private static final int READ_OVER_BYTES = 64 << 10;

    private static final byte[] ZEROS = new byte[64 << 10];

    /** A window and how many bytes were read for it. */
    record Result(ScannedWindow window, long bytesRead) {}

    private WindowReader() {}

    static Result read(DiskReader disk, Window window, int blockSize, ByteBuffer buffer) throws IOException {
        ByteBuffer content = buffer.duplicate().position(0).limit(window.length());
        long bytesRead = 0;
        for (Extent range : ranges(window, disk)) {
            int start = (int) (range.offset() - window.offset());
            disk.read(range.offset(), content.slice(start, (int) range.length()));
            bytesRead += range.length();
        }
        blankUnused(window, content);
        List<BlockDigest> digests = new ArrayList<>();
        for (int at = 0; at < window.length(); at += blockSize) {
            digests.add(BlockDigest.of(content.slice(at, Math.min(blockSize, window.length() - at))));
        }
        return new Result(new ScannedWindow(window, content.position(0), digests, blockSize), bytesRead);
    }

    /** Ranges to read: logical blocks, joined over small gaps, never outside the window. */
    private static List<Extent> ranges(Window window, DiskReader disk) {
        int unit = disk.logicalBlockSize();
        long windowEnd = window.offset() + window.length();
        List<Extent> ranges = new ArrayList<>();
        long start = -1;
        long end = -1;
        for (Extent used : window.used()) {
            long from = Math.max(window.offset(), used.offset() / unit * unit);
            long to = Math.min(windowEnd, (used.end() + unit - 1) / unit * unit);
            if (start < 0) {
                start = from;
            } else if (from - end > READ_OVER_BYTES) {
                ranges.add(Extent.between(start, end));
                start = from;
            }
            end = Math.max(end, to);
        }
        ranges.add(Extent.between(start, end));
        return ranges;
    }

    private static void blankUnused(Window window, ByteBuffer content) {
        long at = window.offset();
        for (Extent used : window.used()) {
            blank(content, (int) (at - window.offset()), (int) (used.offset() - at));
            at = used.end();
        }
        blank(content, (int) (at - window.offset()), (int) (window.offset() + window.length() - at));
    }

    private static void blank(ByteBuffer content, int start, int length) {
        for (int done = 0; done < length; ) {
            int part = Math.min(ZEROS.length, length - done);
            content.put(start + done, ZEROS, 0, part);
            done += part;
        }
    }
}
