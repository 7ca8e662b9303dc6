package org.understudy.server.storage.btrfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.server.kernel.HostId;

/** Cleans up what a server that died left half-made. Runs once, before the store is used. */
final class Recovery {

    private static final Logger log = LoggerFactory.getLogger(Recovery.class);

    private final PoolLayout layout;
    private final Subvolumes subvolumes;
    private final Heads heads;

    Recovery(PoolLayout layout, Subvolumes subvolumes, Heads heads) {
        this.layout = layout;
        this.subvolumes = subvolumes;
        this.heads = heads;
    }

    void run() throws IOException {
        removeUnrecorded(layout.clones());
        for (HostId host : hosts(layout)) {
            heads.recover(host);
            removeUnrecorded(layout.points(host));
            if (!heads.exists(host) && DurableFiles.list(layout.points(host)).isEmpty()) {
                log.info("removing the empty directory of host {}", host);
                DurableFiles.delete(layout.points(host));
                DurableFiles.delete(layout.host(host));
            }
        }
    }

    static List<HostId> hosts(PoolLayout layout) throws IOException {
        List<HostId> hosts = new ArrayList<>();
        for (Path entry : DurableFiles.list(layout.root())) {
            hostOf(String.valueOf(entry.getFileName())).ifPresent(hosts::add);
        }
        hosts.sort(null);
        return hosts;
    }

    private static Optional<HostId> hostOf(String name) {
        try {
            return Optional.of(HostId.parse(name));
        } catch (IllegalArgumentException notAHost) {
            return Optional.empty();
        }
    }

    /**
     * A record is written after its subvolume and deleted before it, so a subvolume without one was never finished or was being
     * destroyed. A record without its subvolume can only come from other hands; it is kept for whoever looks for the cause.
     */
    private void removeUnrecorded(Path directory) throws IOException {
        for (Path entry : DurableFiles.list(directory)) {
            String name = String.valueOf(entry.getFileName());
            if (name.endsWith(DurableFiles.TEMPORARY_SUFFIX)) {
                DurableFiles.delete(entry);
            } else if (name.endsWith(PoolLayout.RECORD_SUFFIX)) {
                String subvolume = name.substring(0, name.length() - PoolLayout.RECORD_SUFFIX.length());
                if (!Files.exists(entry.resolveSibling(subvolume))) {
                    log.warn("{} has lost its subvolume", entry);
                }
            } else if (!Files.exists(entry.resolveSibling(name + PoolLayout.RECORD_SUFFIX))) {
                log.info("removing {}, which was not finished", entry);
                subvolumes.deleteIfPresent(entry);
            }
        }
    }
}
