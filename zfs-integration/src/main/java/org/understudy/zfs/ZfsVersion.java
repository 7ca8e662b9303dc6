package org.understudy.zfs;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;

/** The version of the tools or of the kernel's module. */
public record ZfsVersion(int major, int minor, int patch) implements Comparable<ZfsVersion> {

    private static final Pattern MODULE = Pattern.compile("(?m)^zfs-kmod-(\\d+)\\.(\\d+)\\.(\\d+).*$");
    private static final Comparator<ZfsVersion> ORDER = Comparator.comparingInt(ZfsVersion::major)
            .thenComparingInt(ZfsVersion::minor)
            .thenComparingInt(ZfsVersion::patch);

    /** Output of {@code zfs version}: the module's line, since the module decides what is possible. */
    static ZfsVersion parse(String output) {
        Matcher matcher = MODULE.matcher(output);
        if (!matcher.find()) {
            throw new ZfsException(new ZfsError.Unreadable(output), output);
        }
        return new ZfsVersion(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                Integer.parseInt(matcher.group(3)));
    }

    @Override
    public int compareTo(ZfsVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
