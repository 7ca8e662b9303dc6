package org.understudy.agent.usedspace;

import java.util.AbstractList;
import java.util.Arrays;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * Collects byte ranges compactly: 16 bytes each, neighbours joined, any order. When there are more than the limit, the smallest gaps
 * are filled, so that memory stays bounded while the result still covers everything added. Not thread-safe.
 */
final class ExtentCollector {

    /** Keeps the finished set of a badly fragmented disk below 100 MB. */
    static final int DEFAULT_LIMIT = 1_000_000;

    private static final long FIRST_GAP_BYTES = 4096;

    private final int limit;
    private long[] starts = new long[256];
    private long[] ends = new long[256];
    private int count;
    private boolean sorted = true;
    private long filledGapBytes;

    ExtentCollector() {
        this(DEFAULT_LIMIT);
    }

    ExtentCollector(int limit) {
        this.limit = limit;
    }

    /** Adds {@code [start, end)}; nothing if it is empty. */
    void add(long start, long end) {
        if (start >= end) {
            return;
        }
        if (count > 0 && start <= ends[count - 1] && start >= starts[count - 1]) {
            ends[count - 1] = Math.max(ends[count - 1], end);
            return;
        }
        if (count == starts.length) {
            makeRoom();
        }
        sorted &= count == 0 || start > ends[count - 1];
        starts[count] = start;
        ends[count] = end;
        count++;
    }

    void addAll(ExtentCollector other, long shift) {
        for (int i = 0; i < other.count; i++) {
            add(other.starts[i] + shift, other.ends[i] + shift);
        }
    }

    /** Takes the ranges in the order in which they were added, or by start once they were sorted. */
    void forEach(Range range) {
        for (int i = 0; i < count; i++) {
            range.accept(starts[i], ends[i]);
        }
    }

    /** Receives {@code [start, end)}. */
    @FunctionalInterface
    interface Range {
        void accept(long start, long end);
    }

    /** Sorts and joins what has been added. */
    private void normalize() {
        if (sorted) {
            return;
        }
        ExtentSorter.sort(starts, ends, count);
        join(0);
        sorted = true;
    }

    private void join(long gapBytes) {
        int last = 0;
        for (int i = 1; i < count; i++) {
            if (starts[i] - ends[last] <= gapBytes) {
                filledGapBytes += Math.max(0, starts[i] - ends[last]);
                ends[last] = Math.max(ends[last], ends[i]);
            } else {
                last++;
                starts[last] = starts[i];
                ends[last] = ends[i];
            }
        }
        count = count == 0 ? 0 : last + 1;
    }

    /** Leaves at least half of the arrays free, so that the cost of this is shared by many additions. */
    private void makeRoom() {
        normalize();
        if (count > starts.length / 2 && starts.length < limit) {
            int larger = Math.min(limit, starts.length * 2);
            starts = Arrays.copyOf(starts, larger);
            ends = Arrays.copyOf(ends, larger);
            return;
        }
        for (long gap = FIRST_GAP_BYTES; count > starts.length / 2; gap *= 2) {
            join(gap);
        }
    }

    int count() {
        normalize();
        return count;
    }

    long totalBytes() {
        normalize();
        long total = 0;
        for (int i = 0; i < count; i++) {
            total += ends[i] - starts[i];
        }
        return total;
    }

    /** Bytes that are in the set only because the limit was reached. */
    long filledGapBytes() {
        return filledGapBytes;
    }

    ExtentSet toSet() {
        normalize();
        return ExtentSet.of(new AbstractList<>() {
            @Override
            public Extent get(int index) {
                return Extent.between(starts[index], ends[index]);
            }

            @Override
            public int size() {
                return count;
            }
        });
    }
}
