package org.understudy.webui.view;

import java.util.List;

/** A recovery point in a list. */
public record PointRow(
        String id, TimeView taken, List<BadgeView> badges, String changed, String used, String consistency) {}
