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

    public ViewOutcome {
        usedBytes = Map.copyOf(usedBytes);
    }
}
