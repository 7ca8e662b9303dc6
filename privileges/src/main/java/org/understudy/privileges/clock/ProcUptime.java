package org.understudy.privileges.clock;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The kernel's uptime, suspended time included. Source: proc(5), {@code /proc/uptime} and {@code random/boot_id}. */
public final class ProcUptime implements Uptime {

    private static final Path UPTIME = Path.of("/proc/uptime");
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    @Override
    public Reading read() {
        try {
            String seconds = Files.readString(UPTIME).split(" ", -1)[0];
            return new Reading(
                    Files.readString(BOOT).strip(),
                    Duration.ofMillis(new BigDecimal(seconds).movePointRight(3).longValue()));
        } catch (IOException e) {
            throw new UncheckedIOException("the kernel does not tell its uptime", e);
        }
    }
}
