package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** Compares what was marked with what changed, byte by byte, read with O_DIRECT. The device must hold still while it is read. */
final class MarksAgainstBytes {

    static final int BLOCK = 64 << 10;

    private final Path device;
    private final int unit;
    private byte[] before;
    private byte[] after;

    MarksAgainstBytes(Path device, long bytes) throws IOException {
        this(device, bytes, BLOCK);
    }

    /**
     * @param unit bytes of a block, as fine as the marks
     */
    MarksAgainstBytes(Path device, long bytes, int unit) throws IOException {
        this.device = device;
        this.unit = unit;
        before = new byte[(int) bytes];
        after = new byte[(int) bytes];
        read(before);
    }

    /**
     * The outcome in blocks.
     *
     * @param missed numbers of blocks that changed without a mark
     */
    record Result(int changed, int marked, List<Integer> missed, int falsePositives) {

        String text() {
            return "changed " + changed + ", marked " + marked + ", missed " + missed.size() + ", false positives "
                    + falsePositives;
        }
    }

    /** Reads the device; what it was at the last call is what is compared with. */
    Result compare(ExtentSet written) throws IOException {
        read(after);
        boolean[] marks = new boolean[(after.length + unit - 1) / unit];
        for (Extent extent : written.extents()) {
            Arrays.fill(marks, (int) (extent.offset() / unit), (int) ((extent.end() + unit - 1) / unit), true);
        }
        int changed = 0;
        int marked = 0;
        int falsePositives = 0;
        List<Integer> missed = new ArrayList<>();
        for (int block = 0; block < marks.length; block++) {
            int start = block * unit;
            int end = Math.min(after.length, start + unit);
            boolean differs = !Arrays.equals(before, start, end, after, start, end);
            changed += differs ? 1 : 0;
            marked += marks[block] ? 1 : 0;
            falsePositives += marks[block] && !differs ? 1 : 0;
            if (differs && !marks[block]) {
                missed.add(block);
            }
        }
        byte[] swap = before;
        before = after;
        after = swap;
        return new Result(changed, marked, missed, falsePositives);
    }

    private void read(byte[] target) throws IOException {
        try (DirectDiskReader reader = DirectDiskReader.open(device)) {
            ByteBuffer piece = ByteBuffer.allocateDirect((1 << 20) + 4096).alignedSlice(4096);
            for (int at = 0; at < target.length; at += 1 << 20) {
                int length = Math.min(1 << 20, target.length - at);
                piece.clear().limit(length);
                reader.read(at, piece);
                piece.flip();
                piece.get(target, at, length);
            }
        }
    }
}
