package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets go of the pages of files that this process has mapped for reading (the virtual machine's code, archived classes); what is used again
 * comes back from the page cache. Only mappings that cannot be written to and hold no page of their own (relocated data are
 * read-only too, but are not what the file has). See madvise(2) and proc_pid_smaps(5). Stateless.
 *
 * <p>Written for {@link FreezeWatchdog} too: no regular expressions, no lambdas, no log.
 */
final class FilePages {

    private FilePages() {}

    /**
     * A mapping.
     *
     * @param lasting whether it is part of the virtual machine, and so stays as long as the process does
     */
    record Range(long address, long length, boolean lasting) {}

    private static volatile List<Range> lasting = List.of();

    /**
     * Lets go of all of them; what cannot be let go of stays.
     *
     * @throws IOException if the kernel does not tell what is mapped
     */
    static void release() throws IOException {
        List<Range> all = clean(mappings());
        List<Range> known = new ArrayList<>();
        for (Range range : all) {
            if (range.lasting()) {
                known.add(range);
            }
        }
        lasting = known;
        release(all);
    }

    /**
     * Lets go of those that {@link #release()} found and that cannot have become something else since: looking what is mapped takes as long as a
     * small run.
     */
    static void releaseKnown() {
        release(lasting);
    }

    private static void release(List<Range> ranges) {
        for (Range range : ranges) {
            try {
                LibC.madvise(range.address(), range.length(), LibC.MADV_DONTNEED);
            } catch (LastErrorException e) {
                // Gone or locked meanwhile; it is memory, not correctness.
                continue;
            }
        }
    }

    private static List<String> mappings() throws IOException {
        List<String> lines = new ArrayList<>();
        try (BufferedReader smaps =
                new BufferedReader(new FileReader("/proc/self/smaps", StandardCharsets.ISO_8859_1))) {
            for (String line = smaps.readLine(); line != null; line = smaps.readLine()) {
                if (isHead(line) || isOf(line, "Anonymous:") || isOf(line, "Swap:") || isOf(line, "Locked:")) {
                    lines.add(line);
                }
            }
        }
        return lines;
    }

    /** Mappings of files in {@code smaps} that are read-only and have nothing but what is in the file. */
    static List<Range> clean(List<String> smaps) {
        List<Range> found = new ArrayList<>();
        Range current = null;
        boolean anonymousKnown = false;
        for (String line : smaps) {
            if (isHead(line)) {
                if (current != null && anonymousKnown) {
                    found.add(current);
                }
                anonymousKnown = false;
                current = readOnlyFile(line);
            } else if (isOf(line, "Anonymous:") || isOf(line, "Swap:") || isOf(line, "Locked:")) {
                anonymousKnown |= isOf(line, "Anonymous:");
                current = isZero(line) ? current : null;
            }
        }
        if (current != null && anonymousKnown) {
            found.add(current);
        }
        return found;
    }

    /** Addresses are hexadecimal in small letters, names of fields begin with a capital one. */
    private static boolean isHead(String line) {
        char first = line.isEmpty() ? ' ' : line.charAt(0);
        return first >= '0' && first <= '9' || first >= 'a' && first <= 'f';
    }

    private static boolean isOf(String line, String field) {
        return line.startsWith(field);
    }

    private static boolean isZero(String line) {
        for (int i = line.indexOf(':'); i < line.length(); i++) {
            if (line.charAt(i) >= '1' && line.charAt(i) <= '9') {
                return false;
            }
        }
        return true;
    }

    /** The range of a line with address range, permissions, offset, device, inode and path, if it is a file's and read-only. */
    private static @Nullable Range readOnlyFile(String head) {
        int dash = head.indexOf('-');
        int permissions = head.indexOf(' ') + 1;
        int offset = head.indexOf(' ', permissions) + 1;
        int device = head.indexOf(' ', offset) + 1;
        int inode = head.indexOf(' ', device) + 1;
        if (dash < 0 || permissions == 0 || offset == 0 || device == 0 || inode == 0 || inode == head.length()) {
            return null;
        }
        boolean file = head.charAt(inode) != '0';
        boolean readOnly = head.charAt(permissions) == 'r' && head.charAt(permissions + 1) == '-';
        if (!file || !readOnly) {
            return null;
        }
        long from = Long.parseUnsignedLong(head, 0, dash, 16);
        return new Range(
                from,
                Long.parseUnsignedLong(head, dash + 1, permissions - 1, 16) - from,
                head.endsWith("/libjvm.so") || head.endsWith(".jsa"));
    }
}
