package org.understudy.server.web.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.understudy.server.protection.RetentionRule;

/**
 * Which points to keep; a point is kept if any part wants it.
 *
 * @param everythingSeconds all points that are not older; absent: 0
 * @param last newest points
 * @param minutely newest point of each of the last n minutes that have one; absent: 0
 * @param hourly newest point of each of the last n hours that have one; and so on
 */
record RetentionResource(
        @Nullable Long everythingSeconds,
        int last,
        @Nullable Integer minutely,
        int hourly,
        int daily,
        int weekly,
        int monthly,
        int yearly) {

    static RetentionResource of(RetentionRule rule) {
        return new RetentionResource(
                rule.everything().toSeconds(),
                rule.last(),
                rule.minutely(),
                rule.hourly(),
                rule.daily(),
                rule.weekly(),
                rule.monthly(),
                rule.yearly());
    }

    RetentionRule toRule() {
        return new RetentionRule(
                everythingSeconds == null ? Duration.ZERO : Duration.ofSeconds(everythingSeconds),
                last,
                minutely == null ? 0 : minutely,
                hourly,
                daily,
                weekly,
                monthly,
                yearly);
    }
}
