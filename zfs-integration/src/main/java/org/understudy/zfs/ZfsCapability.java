package org.understudy.zfs;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** What not every version from 2.1 on can do. Source: the release notes of OpenZFS. */
public enum ZfsCapability {
    /** {@code zpool status -j}, {@code zfs list -j}. */
    JSON_OUTPUT(2, 3),
    /** {@code zpool attach} to a raidz, which grows by one disk. */
    RAIDZ_EXPANSION(2, 3),
    /** {@code zpool scrub -e}: only the blocks in which errors were found. */
    SCRUB_ERRORS(2, 2),
    /** The right to receive without that to destroy. */
    RECEIVE_APPEND(2, 4);

    private final ZfsVersion since;

    ZfsCapability(int major, int minor) {
        this.since = new ZfsVersion(major, minor, 0);
    }

    static Set<ZfsCapability> of(ZfsVersion version) {
        Set<ZfsCapability> all = EnumSet.noneOf(ZfsCapability.class);
        Arrays.stream(values())
                .filter(each -> version.compareTo(each.since) >= 0)
                .forEach(all::add);
        return all;
    }
}
