package org.understudy.agent.linux.tracking;

import java.util.ArrayList;
import java.util.List;

/**
 * What tells that marks may be missing. All only rise.
 *
 * @param overflow ranges beyond the map, or bios that could not be remembered
 * @param passthrough operations that change data nobody can see where
 * @param queueMisses times that the kernel skipped the program on submission; -1 if it does not count
 * @param completeMisses the same for the program on completion, as far as it may have cost a mark: where bios are remembered, a skipped
 *     completion leaves its bio in the map, from which it is marked ({@link #withSkips})
 * @param unkeyed completions of writes that were submitted before tracking began
 */
record Counters(long overflow, long passthrough, long queueMisses, long completeMisses, long unkeyed) {

    static final int WORDS = 5;

    /**
     * @param skips of the completion program
     * @param doubtful how many of them, from the first on, may have cost a mark
     */
    static Counters withSkips(
            long overflow, long passthrough, long queueMisses, long skips, long doubtful, long unkeyed) {
        return new Counters(overflow, passthrough, queueMisses, Math.min(skips, doubtful), unkeyed);
    }

    /** What rose since {@code before}, half a sentence each. */
    List<String> doubtsSince(Counters before) {
        List<String> doubts = new ArrayList<>();
        add(
                doubts,
                overflow - before.overflow,
                "%d writes could not be marked (beyond the map, or too many in flight)");
        add(doubts, passthrough - before.passthrough, "%d commands bypassed the block layer");
        add(
                doubts,
                counted(queueMisses) - counted(before.queueMisses),
                "the kernel skipped the program on submission %d times");
        add(
                doubts,
                counted(completeMisses) - counted(before.completeMisses),
                "the kernel skipped the program on completion %d times");
        add(doubts, unkeyed - before.unkeyed, "%d writes were submitted before tracking began");
        return doubts;
    }

    /** A tracker begins with zeros accepted; a kernel that does not count never says anything else than that it does not. */
    private static long counted(long misses) {
        return Math.max(0, misses);
    }

    private static void add(List<String> doubts, long rise, String text) {
        if (rise != 0) {
            doubts.add(String.format(java.util.Locale.ROOT, text, rise));
        }
    }
}
