package org.understudy.agent.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Names of this installation. Stateless. */
final class HostIdentity {

    private HostIdentity() {}

    /** machine-id(5), or, where there is none, an id that is made once and kept in {@code state}. */
    static String machineId(KernelFiles files, Path state) {
        String known = files.line(files.etc().resolve("machine-id"));
        if (known != null && known.matches("[0-9a-f]{32}")) {
            return known;
        }
        Path own = state.resolve("machine-id");
        String kept = files.line(own);
        if (kept != null) {
            return kept;
        }
        String made = UUID.randomUUID().toString().replace("-", "");
        try {
            Files.writeString(own, made + "\n", StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return made;
    }

    static String hostName(KernelFiles files) {
        return or(files.line(files.proc().resolve("sys/kernel/hostname")), "localhost");
    }

    static String kernel(KernelFiles files) {
        return or(files.line(files.proc().resolve("sys/kernel/osrelease")), "unknown");
    }

    /** {@code PRETTY_NAME} of os-release(5). */
    static String operatingSystem(KernelFiles files) {
        try {
            for (String line : Files.readAllLines(files.etc().resolve("os-release"), StandardCharsets.UTF_8)) {
                if (line.startsWith("PRETTY_NAME=")) {
                    return line.substring("PRETTY_NAME=".length()).replaceAll("^[\"']|[\"']$", "");
                }
            }
        } catch (IOException e) {
            return "Linux";
        }
        return "Linux";
    }

    static long memoryBytes(KernelFiles files) {
        String line = files.line(files.proc().resolve("meminfo"));
        String digits = line == null ? "" : line.replaceAll("[^0-9]", "");
        return digits.isEmpty() ? 0 : Long.parseLong(digits) * 1024;
    }

    private static String or(@Nullable String value, String other) {
        return value == null ? other : value;
    }
}
