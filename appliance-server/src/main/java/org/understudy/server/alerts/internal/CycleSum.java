package org.understudy.server.alerts.internal;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.ProtectionLag;

/**
 * What went well in some time of continuous protection of one host.
 *
 * @param over from the first of the points, or from the end of the sum before, until now
 * @param points that appeared
 * @param thinned points that were removed by the retention rule
 * @param verified points that were read back and found right
 * @param lag the age of the data in that time, as measured; empty if it was not
 */
record CycleSum(
        HostId host, Duration over, int points, int thinned, int verified, Optional<ProtectionLag.Measured> lag) {

    /** For the placeholders of {@code cycles.summed}. Ages in seconds. */
    Map<String, String> values() {
        Map<String, String> values = new HashMap<>();
        values.put("minutes", Long.toString(Math.max(1, Math.round(over.toSeconds() / 60.0))));
        values.put("points", Integer.toString(points));
        values.put("thinned", Integer.toString(thinned));
        values.put("verified", Integer.toString(verified));
        values.put(
                "skipped",
                lag.map(ProtectionLag.Measured::overlaps).map(Object::toString).orElse("-"));
        values.put(
                "p50",
                lag.map(ProtectionLag.Measured::p50).map(CycleSum::seconds).orElse("-"));
        values.put(
                "p99",
                lag.map(ProtectionLag.Measured::p99).map(CycleSum::seconds).orElse("-"));
        values.put(
                "worst",
                lag.map(ProtectionLag.Measured::worst).map(CycleSum::seconds).orElse("-"));
        return values;
    }

    private static String seconds(Duration age) {
        return BigDecimal.valueOf(age.toMillis(), 3)
                .setScale(1, RoundingMode.HALF_UP)
                .toPlainString();
    }
}
