package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A protected host in a list.
 *
 * @param lastSeen null while the agent is connected, and for retired hosts
 * @param protection whether it has a good point within its objective
 * @param newest its newest good point
 * @param proven when the newest point that was proven by boot was taken
 */
public record HostRow(
        LinkView host,
        String system,
        BadgeView agent,
        @Nullable TimeView lastSeen,
        BadgeView protection,
        @Nullable TimeView newest,
        String objective,
        @Nullable TimeView proven,
        @Nullable LinkView policy,
        List<TickView> history,
        int points,
        @Nullable ProgressView progress) {}
