package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets go of the pages of files that this process has mapped for reading (the virtual machine's code, archived classes), while it is
 * idle; what is used again comes back from the page cache. Only mappings that cannot be written to and hold no page of their own
 * (relocated data are read-only too, but are not what the file has). See madvise(2) and proc_pid_smaps(5). Stateless.
 */
final class FilePages {

    private static final Logger log = LoggerFactory.getLogger(FilePages.class);

    /** Address range, permissions, offset, device, inode, path. */
    private static final Pattern HEAD =
            Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (r-[-x][ps]) [0-9a-f]+ \\S+ ([1-9][0-9]*) +/.*");

    private static final Pattern ANY_HEAD = Pattern.compile("[0-9a-f]+-[0-9a-f]+ .*");

    private FilePages() {}

    /** A mapping. */
    record Range(long address, long length) {}

    /** Lets go of all of them; what cannot be let go of stays. */
    static void release() {
        try {
            for (Range range : clean(Files.readAllLines(Path.of("/proc/self/smaps"), StandardCharsets.UTF_8))) {
                LibC.madvise(range.address(), range.length(), LibC.MADV_DONTNEED);
            }
        } catch (IOException | LastErrorException e) {
            log.debug("pages of files stay in memory: {}", e.toString());
        }
    }

    /** Mappings of files in {@code smaps} that are read-only and have nothing but what is in the file. */
    static List<Range> clean(List<String> smaps) {
        List<Range> found = new ArrayList<>();
        Range current = null;
        boolean anonymousKnown = false;
        for (String line : smaps) {
            if (ANY_HEAD.matcher(line).matches()) {
                if (current != null && anonymousKnown) {
                    found.add(current);
                }
                Matcher head = HEAD.matcher(line);
                anonymousKnown = false;
                current = null;
                if (head.matches()) {
                    long from = new BigInteger(head.group(1), 16).longValueExact();
                    current = new Range(from, new BigInteger(head.group(2), 16).longValueExact() - from);
                }
            } else if (line.startsWith("Anonymous:") || line.startsWith("Swap:") || line.startsWith("Locked:")) {
                boolean none = line.replaceAll("[^0-9]", "").equals("0");
                anonymousKnown |= line.startsWith("Anonymous:");
                current = none ? current : null;
            }
        }
        if (current != null && anonymousKnown) {
            found.add(current);
        }
        return found;
    }
}
