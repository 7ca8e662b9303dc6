package org.understudy.console;

import java.time.Duration;
import java.util.Optional;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.ProtectionLag;

/** Every host of the scenery has the same history: hourly points, one cycle left out. */
final class FakeLag implements ProtectionLag {

    @Override
    public Optional<Measured> measured(HostId host, Duration window) {
        return Optional.of(new Measured(
                window,
                Duration.ofMinutes(12),
                Duration.ofMinutes(33),
                Duration.ofMinutes(71),
                Duration.ofMinutes(124),
                23,
                1,
                Optional.of(Duration.ofHours(2)),
                0.997));
    }
}
