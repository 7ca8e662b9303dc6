package org.understudy.server.protection;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Stands still except for a millisecond at each look, so that no two instants are equal. */
final class TestClock extends Clock {

    private Instant now = Instant.parse("2026-11-20T10:00:00Z");

    synchronized void advance(Duration time) {
        now = now.plus(time);
    }

    synchronized void set(Instant instant) {
        now = instant;
    }

    @Override
    public synchronized Instant instant() {
        now = now.plusMillis(1);
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("the modules take zones from policies");
    }
}
