package org.understudy.server.protection;

import java.time.Duration;
import java.util.Optional;

/**
 * How far a transfer is.
 *
 * @param bytesPerSecond read rate over the last seconds
 * @param timeLeft of the current pass, once the rate is known
 */
public record RunProgress(
        int pass, long doneBytes, long totalBytes, long sentBytes, long bytesPerSecond, Optional<Duration> timeLeft) {}
