package org.understudy.server.storage.btrfs;

import java.nio.file.Path;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.CloneId;

/**
 * Where things are in the pool; see the package's description.
 *
 * @param mount where the pool is mounted
 */
record PoolLayout(Path mount) {

    static final String RECORD_SUFFIX = ".json";

    Path root() {
        return mount.resolve("understudy");
    }

    Path lock() {
        return root().resolve("lock");
    }

    Path reserve() {
        return root().resolve("reserve");
    }

    Path host(HostId host) {
        return root().resolve(host.toString());
    }

    Path head(HostId host) {
        return host(host).resolve("head");
    }

    /** The head that is being made; see {@link Heads}. */
    Path nextHead(HostId host) {
        return host(host).resolve("head.next");
    }

    /** The head that was replaced. */
    Path oldHead(HostId host) {
        return host(host).resolve("head.old");
    }

    Path points(HostId host) {
        return host(host).resolve("points");
    }

    Path point(HostId host, PointId point) {
        return points(host).resolve(point.toString());
    }

    Path pointRecord(HostId host, PointId point) {
        return points(host).resolve(point + RECORD_SUFFIX);
    }

    Path clones() {
        return root().resolve("clones");
    }

    Path clone(CloneId clone) {
        return clones().resolve(clone.value());
    }

    Path cloneRecord(CloneId clone) {
        return clones().resolve(clone.value() + RECORD_SUFFIX);
    }

    /** A disk's image in a head, a point or a clone. */
    static Path image(Path subvolume, DiskId disk) {
        return subvolume.resolve(disk.name() + ".raw");
    }

    static Path meta(Path subvolume) {
        return subvolume.resolve("meta");
    }
}
