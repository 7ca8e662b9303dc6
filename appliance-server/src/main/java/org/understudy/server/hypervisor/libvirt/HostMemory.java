package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.server.kernel.ByteSize;

/**
 * The appliance's memory ({@code /proc/meminfo}, proc(5)).
 *
 * @param meminfo the file
 * @param reserveBytes what guests never get
 */
record HostMemory(Path meminfo, long reserveBytes) {

    /**
     * What a new guest may take. Guests take their memory page by page, so what the kernel calls available still holds what
     * running guests were given and have not touched: both bounds count.
     *
     * @param givenBytes memory of running guests
     */
    ByteSize free(long givenBytes) {
        try {
            String text = Files.readString(meminfo);
            long unassigned = value(text, "MemTotal") - reserveBytes - givenBytes;
            return new ByteSize(Math.max(0, Math.min(unassigned, value(text, "MemAvailable"))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long value(String meminfo, String name) {
        Matcher matcher = Pattern.compile("(?m)^" + name + ": +([0-9]+) kB$").matcher(meminfo);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + name + " in /proc/meminfo");
        }
        return Long.parseLong(matcher.group(1)) * 1024;
    }
}
