package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.server.hypervisor.MachineFigures;

/**
 * Reads {@code /proc/meminfo} (proc(5)) and, where guests run in the server's control group, its limits.
 *
 * @param proc mount of procfs
 * @param cgroups mount of the control groups; empty: guests run elsewhere, so their limits do not count
 */
record LinuxFigures(Path proc, Optional<Path> cgroups) implements MachineFigures {

    @Override
    public Figures now() {
        try {
            String text = Files.readString(proc.resolve("meminfo"));
            CgroupLimits limits = cgroups.isPresent()
                    ? CgroupLimits.read(proc.resolve("self/cgroup"), cgroups.get())
                    : CgroupLimits.NONE;
            return new Figures(
                    Math.min(Runtime.getRuntime().availableProcessors(), limits.cpus()),
                    Math.min(value(text, "MemTotal"), limits.memoryBytes()),
                    Math.min(value(text, "MemAvailable"), limits.availableBytes()));
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
