package org.understudy.agent.snapshot;

import java.util.Map;
import org.understudy.core.protocol.Consistency;

/**
 * Which instant the heads hold.
 *
 * @param reason one English sentence
 * @param frozen whether the instant was made by freezing file systems
 * @param frozenMillis how long file systems were frozen, all freezes together
 * @param usedBytes used space of each disk at the instant
 */
public record ViewOutcome(
        Consistency consistency, String reason, boolean frozen, long frozenMillis, Map<String, Long> usedBytes) {

    private static final int LONGEST_REASON = 1000;

    public ViewOutcome {
        usedBytes = Map.copyOf(usedBytes);
    }

    /** The same with one more sentence. The appliance takes no more than a kilobyte. */
    ViewOutcome saying(String sentence) {
        String both = reason + " " + sentence;
        String said = both.length() <= LONGEST_REASON ? both : both.substring(0, LONGEST_REASON - 1) + "…";
        return new ViewOutcome(consistency, said, frozen, frozenMillis, usedBytes);
    }
}
