package org.understudy.demo;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the demonstration measured, in the shape of its JSON file. Sizes in bytes, times in seconds.
 *
 * @param accelerator {@code kvm} or {@code tcg}, as found by starting a guest
 */
public record DemoFigures(
        @Nullable FirstRun firstRun,
        List<Incremental> incrementals,
        List<TakeoverFigures> takeovers,
        @Nullable Verification verification,
        String accelerator) {

    /** The first backup. */
    public record FirstRun(long diskBytes, long usedBytes, long sentBytes, double seconds) {}

    /** A later backup. */
    public record Incremental(long changedBytes, long sentBytes, double seconds) {}

    /**
     * A machine started from a point.
     *
     * @param mode {@code takeover} or {@code drill}
     * @param bodySha256 of what it answered over HTTP
     * @param screenshot path of the picture
     */
    public record TakeoverFigures(
            String point,
            String mode,
            double secondsToRunning,
            double secondsToHttp,
            String bodySha256,
            String screenshot) {}

    /** The last point, read back. */
    public record Verification(long blocks, long mismatches, double seconds) {}
}
