package org.understudy.server.storage.zfs;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.storage.PoolUsage;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.Setting;
import org.understudy.zfs.Usage;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;

/**
 * Space that volumes cannot take, so that a full pool can still be put in order: the reservation of a dataset that holds
 * nothing. When a change of the store finds no space, the reservation is given up, and it is made again when there is room.
 * Thread-safe.
 */
final class Reserve {

    private static final Logger log = LoggerFactory.getLogger(Reserve.class);

    private static final long LARGEST_DEFAULT = 1L << 30;

    /** Changes of the pool itself, such as a snapshot, need about this much. */
    private static final long FULL_BELOW = 4L << 20;

    private final Datasets zfs;
    private final ZfsLayout layout;
    private final long bytes;
    private boolean held;

    private Reserve(Datasets zfs, ZfsLayout layout, long bytes, boolean held) {
        this.zfs = zfs;
        this.layout = layout;
        this.bytes = bytes;
        this.held = held;
    }

    /** @param wanted bytes, or negative for 1 GiB, but at most 2 % of the pool */
    static Reserve open(Datasets zfs, ZfsLayout layout, long wanted) {
        String present = zfs.value(layout.reserve(), "reservation");
        long before = present.matches("[0-9]{1,18}") ? Long.parseLong(present) : 0;
        Usage usage = zfs.usage(layout.root());
        long bytes = wanted >= 0 ? wanted : Math.min(LARGEST_DEFAULT, (usage.total() + usage.available()) / 50);
        Reserve reserve = new Reserve(zfs, layout, bytes, before == bytes);
        if (before != bytes) {
            zfs.set(layout.reserve(), new Setting.Reservation(0));
            reserve.restore();
        }
        return reserve;
    }

    /** A change of the pool that may find it full, and may be run again. */
    interface Change {
        void run() throws IOException;
    }

    synchronized PoolUsage usage() {
        Usage usage = zfs.usage(layout.root());
        long used = usage.total() - (held ? bytes : 0);
        long free = usage.available() - (held ? 0 : bytes);
        return new PoolUsage(
                "zfs on " + layout.root(),
                new ByteSize(usage.total() + usage.available()),
                new ByteSize(Math.max(0, used)),
                new ByteSize(free < FULL_BELOW ? 0 : free));
    }

    /** Makes the reserve whole if there is room for it. */
    synchronized void restore() {
        if (held || zfs.usage(layout.root()).available() <= 2 * bytes) {
            return;
        }
        try {
            zfs.set(layout.reserve(), new Setting.Reservation(bytes));
            held = true;
            log.info("{} bytes reserved in {}", bytes, layout.reserve());
        } catch (ZfsException e) {
            if (!(e.error() instanceof ZfsError.OutOfSpace)) {
                throw e;
            }
            log.warn("no room for the reserve of {} bytes in {}", bytes, layout.reserve());
        }
    }

    /** Runs a change; if it finds the pool full, gives up the reserve and runs it once more. */
    void orSpend(Change change) throws IOException {
        try {
            change.run();
        } catch (ZfsException e) {
            if (!(e.error() instanceof ZfsError.OutOfSpace) || !spend()) {
                throw e;
            }
            change.run();
        }
    }

    private synchronized boolean spend() {
        if (!held) {
            return false;
        }
        log.warn("the pool is full: giving up the reserve {} to keep it in order", layout.reserve());
        zfs.set(layout.reserve(), new Setting.Reservation(0));
        held = false;
        return true;
    }
}
