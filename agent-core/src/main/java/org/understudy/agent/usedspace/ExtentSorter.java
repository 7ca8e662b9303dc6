package org.understudy.agent.usedspace;

/** Sorts parallel arrays of starts and ends by start, in place. Heap sort: no extra memory and no bad input. */
final class ExtentSorter {

    private ExtentSorter() {}

    static void sort(long[] starts, long[] ends, int count) {
        for (int i = count / 2 - 1; i >= 0; i--) {
            sift(starts, ends, i, count);
        }
        for (int end = count - 1; end > 0; end--) {
            swap(starts, ends, 0, end);
            sift(starts, ends, 0, end);
        }
    }

    private static void sift(long[] starts, long[] ends, int from, int count) {
        int root = from;
        while (2L * root + 1 < count) {
            int child = 2 * root + 1;
            if (child + 1 < count && starts[child + 1] > starts[child]) {
                child++;
            }
            if (starts[root] >= starts[child]) {
                return;
            }
            swap(starts, ends, root, child);
            root = child;
        }
    }

    private static void swap(long[] starts, long[] ends, int a, int b) {
        long start = starts[a];
        long end = ends[a];
        starts[a] = starts[b];
        ends[a] = ends[b];
        starts[b] = start;
        ends[b] = end;
    }
}
