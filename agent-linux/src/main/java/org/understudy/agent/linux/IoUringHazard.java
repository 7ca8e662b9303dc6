package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Freezing beside a program that writes by io_uring: on kernels without the fix of CVE-2024-53052 the writer waits with the lock that the
 * freeze waits for, for good, and nothing thaws that. There is no feature to ask for, so this goes by the kernel's version, and a kernel
 * that took the fix over without a new version is refused needlessly. Stateless.
 */
final class IoUringHazard {

    private static final Pattern RELEASE = Pattern.compile("^Linux version (\\d+)\\.(\\d+)(?:\\.(\\d+))?");

    /** Debian's release names its own counting; the version stands further behind. */
    private static final Pattern DEBIAN = Pattern.compile("Debian (\\d+)\\.(\\d+)\\.(\\d+)");

    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    /** First version with the fix in a series that was maintained then. */
    private record Fix(int major, int minor, int patch) {}

    private static final List<Fix> FIXES =
            List.of(new Fix(5, 10, 230), new Fix(5, 15, 172), new Fix(6, 1, 116), new Fix(6, 6, 60), new Fix(6, 11, 7));

    private final KernelFiles files;

    IoUringHazard(KernelFiles files) {
        this.files = files;
    }

    /** Why nothing should be frozen now, half a sentence; null if nothing is in the way. */
    @Nullable
    String find() {
        String version = files.line(files.proc().resolve("version"));
        if (version != null && isMended(version)) {
            return null;
        }
        String user = user();
        return user == null
                ? null
                : "the program " + user + " uses io_uring, beside which a freeze may hang for good on this kernel; "
                        + "newer kernels are mended (CVE-2024-53052)";
    }

    /** Whether a kernel has the fix, or has no io_uring. */
    static boolean isMended(String version) {
        Matcher debian = DEBIAN.matcher(version);
        Matcher matcher = debian.find() ? debian : RELEASE.matcher(version);
        if (matcher != debian && !matcher.find()) {
            return false;
        }
        int major = Integer.parseInt(matcher.group(1));
        int minor = Integer.parseInt(matcher.group(2));
        int patch = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
        boolean without = major < 5 || (major == 5 && minor < 1);
        boolean later = major > 6 || (major == 6 && minor >= 12);
        return without
                || later
                || FIXES.stream().anyMatch(fix -> fix.major() == major && fix.minor() == minor && patch >= fix.patch());
    }

    /** Name and number of some process with a ring. */
    private @Nullable String user() {
        for (String process : files.names(files.proc())) {
            if (NUMBER.matcher(process).matches()) {
                Path descriptors = files.proc().resolve(process).resolve("fd");
                for (String descriptor : files.names(descriptors)) {
                    if (isRing(descriptors.resolve(descriptor))) {
                        return files.line(files.proc().resolve(process).resolve("comm")) + " (" + process + ")";
                    }
                }
            }
        }
        return null;
    }

    private static boolean isRing(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().equals("anon_inode:[io_uring]");
        } catch (IOException e) {
            // Processes and descriptors come and go.
            return false;
        }
    }
}
