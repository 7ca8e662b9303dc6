package org.understudy.privileges.clock;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Time that tests move: the machine's clock, its uptime and its time sources, each by itself. Thread-safe. */
public final class ManualTime extends Clock implements Uptime, TimeSources {

    public static final Instant START = Instant.parse("2026-11-20T12:00:00Z");

    private Instant wall = START;
    private String boot = "b0";
    private Duration elapsed = Duration.ofMinutes(3);
    private boolean agreeing = true;
    private int starts;

    /** Time passes as it should. */
    public synchronized void pass(Duration time) {
        wall = wall.plus(time);
        elapsed = elapsed.plus(time);
    }

    /** Somebody sets the clock. */
    public synchronized void jump(Duration by) {
        wall = wall.plus(by);
    }

    /** The machine is off for a while. */
    public synchronized void restartAfter(Duration off) {
        wall = wall.plus(off);
        boot = "b" + ++starts;
        elapsed = Duration.ofSeconds(20);
    }

    public synchronized void sourcesAgree(boolean agree) {
        agreeing = agree;
    }

    @Override
    public synchronized Instant instant() {
        return wall;
    }

    @Override
    public synchronized Reading read() {
        return new Reading(boot, elapsed);
    }

    @Override
    public synchronized Verdict ask() {
        return new Verdict(agreeing, agreeing ? "2 of 2 time sources agree" : "0 of 2 time sources agree");
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("times are instants here");
    }
}
