package org.understudy.server.protection.internal.policies;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The age of protected data over time: it grows as the clock does and falls when a point appears. Quantiles are over time, so that a
 * long gap weighs what it lasted. Immutable.
 */
final class LagCurve {

    private final List<Rise> rises;
    private final long totalMillis;

    private LagCurve(List<Rise> rises) {
        this.rises = rises;
        totalMillis = rises.stream().mapToLong(rise -> rise.to() - rise.from()).sum();
    }

    /**
     * A point.
     *
     * @param holds all that was written before this is in it
     * @param appeared when it was there
     */
    record Step(Instant holds, Instant appeared) {}

    /** From one point to the next: the age grew from one value to another, in milliseconds. */
    private record Rise(long from, long to) {}

    /** @param steps in their order; those before the window say how it begins */
    static LagCurve of(List<Step> steps, Instant begin, Instant end) {
        List<Rise> rises = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            Instant from = step.appeared().isBefore(begin) ? begin : step.appeared();
            Instant to = i + 1 < steps.size() ? steps.get(i + 1).appeared() : end;
            to = to.isAfter(end) ? end : to;
            if (from.isBefore(to)) {
                rises.add(new Rise(
                        Duration.between(step.holds(), from).toMillis(),
                        Duration.between(step.holds(), to).toMillis()));
            }
        }
        return new LagCurve(rises);
    }

    boolean isEmpty() {
        return totalMillis == 0;
    }

    /** How much time it covers. */
    Duration length() {
        return Duration.ofMillis(totalMillis);
    }

    Duration worst() {
        return Duration.ofMillis(rises.stream().mapToLong(Rise::to).max().orElse(0));
    }

    /** The smallest age that is not exceeded for this part of the time. */
    Duration quantile(double part) {
        long wanted = (long) Math.ceil(totalMillis * part);
        long low = 0;
        long high = worst().toMillis();
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (within(middle) >= wanted) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return Duration.ofMillis(low);
    }

    /** Part of the time in which the age was not more than this. */
    double part(Duration age) {
        return totalMillis == 0 ? 1 : (double) within(age.toMillis()) / totalMillis;
    }

    private long within(long age) {
        long millis = 0;
        for (Rise rise : rises) {
            millis += Math.max(0, Math.min(age, rise.to()) - rise.from());
        }
        return millis;
    }
}
