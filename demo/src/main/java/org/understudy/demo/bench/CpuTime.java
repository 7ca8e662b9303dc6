package org.understudy.demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * CPU time that processes used, user and system together, as the kernel counts it: in hundredths of a second. Source: proc(5),
 * {@code /proc/PID/stat}.
 */
public final class CpuTime {

    /** USER_HZ, which is 100 on every Linux that Java runs on. */
    private static final long TICKS_PER_SECOND = 100;

    /** Fields 14 and 15 of the line, counted from the state, which is field 3. */
    private static final int OWN = 14 - 3;

    /** Fields 16 and 17: children that ended and were waited for. */
    private static final int CHILDREN = 16 - 3;

    private CpuTime() {}

    /** Of a process, without its children. */
    public static Duration of(long pid) throws IOException {
        return pair(Path.of("/proc", Long.toString(pid), "stat"), OWN);
    }

    /** Of this process. */
    public static Duration own() throws IOException {
        return pair(Path.of("/proc/self/stat"), OWN);
    }

    /** Of all programs that this process started and that have ended. */
    public static Duration ofEndedChildren() throws IOException {
        return pair(Path.of("/proc/self/stat"), CHILDREN);
    }

    private static Duration pair(Path stat, int first) throws IOException {
        String line = Files.readString(stat);
        // The name in brackets may hold spaces and brackets.
        String[] fields = line.substring(line.lastIndexOf(')') + 2).strip().split(" ", -1);
        long ticks = Long.parseLong(fields[first]) + Long.parseLong(fields[first + 1]);
        return Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND);
    }
}
