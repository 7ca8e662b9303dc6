package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tightest limits of a process's control group and all above it. Where there is none, the greatest number. Sources: the
 * kernel's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst, scheduler/sched-bwc.rst.
 *
 * @param availableBytes what may still be taken; cached files can be given up, so they count as available
 */
record CgroupLimits(int cpus, long memoryBytes, long availableBytes) {

    static final CgroupLimits NONE = new CgroupLimits(Integer.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

    /** Version 1 has no word for "none" but writes the greatest page-aligned number. */
    private static final long NO_LIMIT = 1L << 60;

    /**
     * @param self {@code /proc/self/cgroup}
     * @param mount usually {@code /sys/fs/cgroup}
     */
    static CgroupLimits read(Path self, Path mount) throws IOException {
        CgroupLimits tightest = NONE;
        for (String line : Files.readAllLines(self)) {
            String[] fields = line.split(":", 3);
            if (fields.length < 3) {
                continue;
            }
            List<String> controllers = List.of(fields[1].split(",", -1));
            if (fields[0].equals("0") && fields[1].isEmpty()) {
                tightest = upwards(mount, fields[2], tightest, CgroupLimits::second);
            } else if (controllers.contains("memory")) {
                tightest = upwards(mount.resolve("memory"), fields[2], tightest, CgroupLimits::firstMemory);
            } else if (controllers.contains("cpu")) {
                tightest = upwards(mount.resolve("cpu"), fields[2], tightest, CgroupLimits::firstCpu);
            }
        }
        return tightest;
    }

    @FunctionalInterface
    private interface Level {
        CgroupLimits at(Path group) throws IOException;
    }

    /** A group that is not shown here (a container's own view) is passed over; its roots are looked at all the same. */
    private static CgroupLimits upwards(Path root, String path, CgroupLimits before, Level level) throws IOException {
        CgroupLimits tightest = before;
        Path deepest = root.resolve("." + path).normalize();
        for (Path group = deepest; group != null && group.startsWith(root); group = group.getParent()) {
            if (Files.isDirectory(group)) {
                tightest = tightest.and(level.at(group));
            }
        }
        return tightest;
    }

    private CgroupLimits and(CgroupLimits other) {
        return new CgroupLimits(
                Math.min(cpus, other.cpus),
                Math.min(memoryBytes, other.memoryBytes),
                Math.min(availableBytes, other.availableBytes));
    }

    private static CgroupLimits second(Path group) throws IOException {
        int cpus = Integer.MAX_VALUE;
        String[] bandwidth = text(group.resolve("cpu.max")).orElse("max").split(" ", -1);
        if (bandwidth.length == 2 && !bandwidth[0].equals("max")) {
            cpus = cpus(Long.parseLong(bandwidth[0]), Long.parseLong(bandwidth[1]));
        }
        OptionalLong limit = number(group.resolve("memory.max"));
        OptionalLong used = number(group.resolve("memory.current"));
        return memory(cpus, limit, used, cached(group, "inactive_file") + cached(group, "active_file"));
    }

    private static CgroupLimits firstMemory(Path group) throws IOException {
        return memory(
                Integer.MAX_VALUE,
                number(group.resolve("memory.limit_in_bytes")),
                number(group.resolve("memory.usage_in_bytes")),
                cached(group, "total_inactive_file") + cached(group, "total_active_file"));
    }

    private static CgroupLimits firstCpu(Path group) throws IOException {
        OptionalLong quota = number(group.resolve("cpu.cfs_quota_us"));
        OptionalLong period = number(group.resolve("cpu.cfs_period_us"));
        return quota.isPresent() && period.isPresent() && quota.getAsLong() > 0
                ? new CgroupLimits(cpus(quota.getAsLong(), period.getAsLong()), NONE.memoryBytes, NONE.availableBytes)
                : NONE;
    }

    private static CgroupLimits memory(int cpus, OptionalLong limit, OptionalLong used, long cached) {
        if (limit.isEmpty() || limit.getAsLong() >= NO_LIMIT) {
            return new CgroupLimits(cpus, NONE.memoryBytes, NONE.availableBytes);
        }
        long pinned = Math.max(0, used.orElse(0) - cached);
        return new CgroupLimits(cpus, limit.getAsLong(), Math.max(0, limit.getAsLong() - pinned));
    }

    private static int cpus(long quota, long period) {
        return (int) Math.clamp(quota / Math.max(1, period), 1, Integer.MAX_VALUE);
    }

    private static long cached(Path group, String name) throws IOException {
        Matcher matcher = Pattern.compile("(?m)^" + name + " ([0-9]+)$")
                .matcher(text(group.resolve("memory.stat")).orElse(""));
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    /** Empty for {@code max}, {@code -1} and where the kernel has no such file. */
    private static OptionalLong number(Path file) throws IOException {
        Optional<String> text = text(file).filter(value -> value.matches("[0-9]{1,18}"));
        return text.isPresent() ? OptionalLong.of(Long.parseLong(text.get())) : OptionalLong.empty();
    }

    private static Optional<String> text(Path file) throws IOException {
        return Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
    }
}
