package org.understudy.server.protection;

import java.time.Duration;

/**
 * Which points to keep; a point is kept if any part wants it. The newest point is always kept. What continuous protection makes is thinned
 * by the first parts: for example everything of the last hour, then one a minute for a day, then one an hour.
 *
 * @param everything all points that are not older; zero for none
 * @param last newest points
 * @param minutely newest point of each of the last n minutes that have one; and so on
 */
public record RetentionRule(
        Duration everything, int last, int minutely, int hourly, int daily, int weekly, int monthly, int yearly) {

    /** A rule for points that are hours apart. */
    public RetentionRule(int last, int hourly, int daily, int weekly, int monthly, int yearly) {
        this(Duration.ZERO, last, 0, hourly, daily, weekly, monthly, yearly);
    }
}
