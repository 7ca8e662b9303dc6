package org.understudy.privileges.storage;

import java.util.List;
import java.util.Set;
import org.understudy.zfs.Snapshot;

/**
 * A point as the pool holds it.
 *
 * @param members the snapshot of the generation first, then those of its volumes: one transaction made them all
 * @param lock the latest date on any member
 * @param holds tags on any member, without the daemon's own
 * @param destroying whether its destruction was begun
 */
record StoredPoint(List<Snapshot> members, Lock lock, Set<String> holds, boolean destroying) {

    Snapshot head() {
        return members.get(0);
    }
}
