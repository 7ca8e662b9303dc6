package org.understudy.server.storage.zfs;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.CloneId;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/**
 * Names in the pool; see the package's description. What does not have such a name is not ours and is left alone.
 *
 * @param root the file system below which everything is
 */
record ZfsLayout(DatasetName root) {

    /** On the root: that it is ours, and its version. */
    static final PropertyName LAYOUT = new PropertyName("org.understudy:layout");

    static final String LAYOUT_VERSION = "1";

    /** On a host: number of the generation that is the head, or {@link #NO_HEAD}. */
    static final PropertyName HEAD = new PropertyName("org.understudy:head");

    static final String NO_HEAD = "none";

    /** On a point: it was destroyed and waits for those that come from it. */
    static final PropertyName GONE = new PropertyName("org.understudy:gone");

    private static final Pattern GENERATION = Pattern.compile("g([1-9][0-9]{0,8})");
    private static final Pattern DISK = Pattern.compile("disk(0|[1-9][0-9]{0,2})");

    DatasetName reserve() {
        return root.child("reserve");
    }

    DatasetName hosts() {
        return root.child("hosts");
    }

    DatasetName host(HostId host) {
        return hosts().child(host.toString());
    }

    DatasetName generation(HostId host, int number) {
        return host(host).child("g" + number);
    }

    static DatasetName volume(DatasetName parent, DiskId disk) {
        return parent.child(disk.name());
    }

    static SnapshotName point(DatasetName dataset, PointId point) {
        return dataset.snapshot(point.toString());
    }

    DatasetName clones() {
        return root.child("clones");
    }

    DatasetName clone(CloneId clone) {
        return clones().child(clone.value());
    }

    DatasetName unfinished(CloneId clone) {
        return clones().child(clone + ".new");
    }

    /** Unlike any other, also of an earlier clone with the same id. */
    DatasetName discarded(CloneId clone, Guid guid) {
        return clones().child(clone + ".old-" + guid);
    }

    /** The host that a dataset or its parents belong to. */
    Optional<HostId> hostOf(DatasetName name) {
        String below = hosts() + "/";
        return name.value().startsWith(below)
                ? parsed(HostId::parse, name.value().substring(below.length()).split("/")[0])
                : Optional.empty();
    }

    /** The clone that a dataset is, if it is one that counts. */
    Optional<CloneId> cloneOf(DatasetName name) {
        return isChild(clones(), name) ? parsed(CloneId::new, name.leaf()) : Optional.empty();
    }

    static Optional<PointId> pointOf(SnapshotName name) {
        return parsed(PointId::parse, name.name());
    }

    static OptionalInt generationNumber(DatasetName name) {
        return number(GENERATION, name.leaf(), Integer.MAX_VALUE);
    }

    static OptionalInt diskNumber(DatasetName name) {
        return number(DISK, name.leaf(), DiskId.MAX_NUMBER);
    }

    static boolean isChild(DatasetName parent, DatasetName name) {
        return name.parent().filter(parent::equals).isPresent();
    }

    private static OptionalInt number(Pattern form, String leaf, int largest) {
        Matcher matcher = form.matcher(leaf);
        if (!matcher.matches()) {
            return OptionalInt.empty();
        }
        int number = Integer.parseInt(matcher.group(1));
        return number <= largest ? OptionalInt.of(number) : OptionalInt.empty();
    }

    private static <T> Optional<T> parsed(Function<String, T> parse, String text) {
        try {
            return Optional.of(parse.apply(text));
        } catch (IllegalArgumentException notOurs) {
            return Optional.empty();
        }
    }
}
