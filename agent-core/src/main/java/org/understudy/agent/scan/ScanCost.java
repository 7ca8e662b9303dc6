package org.understudy.agent.scan;

import java.time.Duration;

/**
 * What a scan cost.
 *
 * @param bytesRead bytes read from the disk
 * @param busyNanos time that readers spent reading and digesting, added up over all of them
 * @param readers how many there were
 */
public record ScanCost(long bytesRead, long busyNanos, int readers) {

    public static final ScanCost NONE = new ScanCost(0, 0, 1);

    public ScanCost plus(ScanCost other) {
        return new ScanCost(bytesRead + other.bytesRead, busyNanos + other.busyNanos, Math.max(readers, other.readers));
    }

    /** How long a scan of that many bytes will take if nothing but reading and digesting is done. */
    public Duration predict(long bytes) {
        return bytesRead == 0
                ? Duration.ZERO
                : Duration.ofNanos((long) ((double) busyNanos / readers * bytes / bytesRead));
    }
}
