package org.understudy.privileges.storage;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.understudy.privileges.name.StoredText;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/**
 * Reads points, and keeps the marks on them: the lock's date and the daemon's hold on every member, so that no part of a locked
 * point can be destroyed, not even by the tools of ZFS themselves.
 */
final class Points {

    /** Belongs to the daemon; the caller's properties have another prefix. */
    static final PropertyName KEEP_UNTIL = new PropertyName("org.understudy:keep-until");

    /** The destruction was begun: it is no point any more. */
    static final PropertyName GONE = new PropertyName("org.understudy:gone");

    /** The daemon's own hold on locked points. */
    static final HoldTag LOCK_HOLD = new HoldTag("org.understudy.lock");

    static final String FOREIGN = "foreign:";

    private static final String CALLERS_HOLD = "understudy:";
    private static final String CALLERS_PROPERTY = "org.understudy.point:";

    private final PoolDatasets pool;

    Points(PoolDatasets pool) {
        this.pool = pool;
    }

    static HoldTag hold(String tag) {
        return new HoldTag(CALLERS_HOLD + tag);
    }

    static PropertyName property(String key) {
        return new PropertyName(CALLERS_PROPERTY + key);
    }

    static Map<PropertyName, String> encoded(Map<String, String> properties) {
        Map<PropertyName, String> encoded = new LinkedHashMap<>();
        properties.forEach((key, value) -> encoded.put(property(key), StoredText.encode(value)));
        return encoded;
    }

    /** The members of a point; empty if the generation has no snapshot of that name. */
    List<Snapshot> members(SnapshotName name) {
        Optional<Snapshot> head = pool.find(name);
        if (head.isEmpty()) {
            return List.of();
        }
        List<Snapshot> members = new ArrayList<>(List.of(head.get()));
        for (Dataset dataset : pool.list(name.dataset())) {
            if (!dataset.name().equals(name.dataset())) {
                pool.find(dataset.name().snapshot(name.name()))
                        .filter(member -> member.transaction() == head.get().transaction())
                        .ifPresent(members::add);
            }
        }
        return members;
    }

    /** A point with its marks. */
    Optional<StoredPoint> find(SnapshotName name) {
        List<Snapshot> members = members(name);
        if (members.isEmpty()) {
            return Optional.empty();
        }
        Lock lock = new Lock.None();
        Set<String> holds = new TreeSet<>();
        for (Snapshot member : members) {
            String date = pool.properties(member.name(), List.of(KEEP_UNTIL)).get(KEEP_UNTIL.value());
            if (date != null) {
                lock = lock.or(Lock.parse(date));
            }
            if (member.holds() > 0) {
                pool.holds(member.name()).stream()
                        .filter(tag -> !tag.equals(LOCK_HOLD.value()))
                        .map(Points::shown)
                        .forEach(holds::add);
            }
        }
        boolean destroying =
                !pool.properties(members.get(0).name(), List.of(GONE)).isEmpty();
        return Optional.of(new StoredPoint(members, lock, holds, destroying));
    }

    private static String shown(String tag) {
        return tag.startsWith(CALLERS_HOLD) ? tag.substring(CALLERS_HOLD.length()) : FOREIGN + tag;
    }

    /** Writes the date on every member, then holds every member; a crash between leaves a date, and the date is what counts. */
    void lock(List<Snapshot> members, long seconds) {
        for (Snapshot member : members) {
            pool.setProperty(member.name(), KEEP_UNTIL, Long.toString(seconds));
        }
        members.forEach(member -> pool.hold(member.name(), LOCK_HOLD));
    }

    /** Clones in the daemon's place that come from one of these. */
    List<DatasetName> clonesOf(DatasetName root, List<Snapshot> members) {
        Set<SnapshotName> origins = new HashSet<>();
        members.forEach(member -> origins.add(member.name()));
        return pool.list(root).stream()
                .filter(dataset -> dataset.origin().filter(origins::contains).isPresent())
                .map(Dataset::name)
                .toList();
    }

    /** Volumes first and the generation's snapshot last: while that one is there, the destruction can be taken up again. */
    void destroy(List<Snapshot> members) {
        pool.setProperty(members.get(0).name(), GONE, "yes");
        for (int i = members.size() - 1; i >= 0; i--) {
            Snapshot member = members.get(i);
            pool.release(member.name(), LOCK_HOLD);
            pool.destroy(member.name(), member.guid());
        }
    }
}
