package org.understudy.privileges.clock;

import java.time.Duration;

/** Time since the machine was started, which setting its clock does not change. */
public interface Uptime {

    /**
     * @param boot names this start of the machine
     * @param elapsed time since then
     */
    record Reading(String boot, Duration elapsed) {}

    Reading read();
}
