package org.understudy.server.storage.zfs;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.HoldTag;

/** Destroys what does not count any more, each thing by its identity. */
final class Remover {

    private static final Logger log = LoggerFactory.getLogger(Remover.class);

    private final Datasets zfs;
    private final ZfsLayout layout;

    Remover(Datasets zfs, ZfsLayout layout) {
        this.zfs = zfs;
        this.layout = layout;
    }

    /** Removes what can be removed of a host; what something else still uses is left for the next time. */
    void sweep(DatasetName host, HostTree tree) {
        List<Sweep.Step> steps =
                Sweep.plan(tree, HostPoints.read(zfs, host), tree.exists() ? zfs.list(layout.clones()) : List.of());
        for (Sweep.Step step : steps) {
            boolean done =
                    switch (step) {
                        case Sweep.Step.DestroySnapshot s -> destroyed(() -> destroy(s.snapshot()));
                        case Sweep.Step.DestroyDataset d -> destroyed(() -> destroy(d.dataset()));
                    };
            if (!done) {
                return; // What comes after it needs it to be gone.
            }
        }
        boolean nothingLeft = tree.exists()
                && tree.head().isEmpty()
                && tree.datasets().size() - 1
                        == steps.stream()
                                .filter(Sweep.Step.DestroyDataset.class::isInstance)
                                .count();
        if (nothingLeft) {
            tree.find(host).ifPresent(dataset -> destroyed(() -> destroy(dataset)));
        }
    }

    /** Removes a file system and its volumes. */
    void destroyWithVolumes(DatasetName parent, List<Dataset> among) {
        for (Dataset dataset : among) {
            if (HostTree.isDisk(parent, dataset)) {
                destroy(dataset);
            }
        }
        for (Dataset dataset : among) {
            if (dataset.name().equals(parent)) {
                destroy(dataset);
            }
        }
    }

    /** As a part of cleaning up: it does not count any more, so that its use by something else is no failure. */
    static boolean destroyed(Runnable destruction) {
        try {
            destruction.run();
            return true;
        } catch (ZfsException e) {
            ZfsError error = e.error();
            if (error instanceof ZfsError.Busy
                    || error instanceof ZfsError.Held
                    || error instanceof ZfsError.HasClones
                    || error instanceof ZfsError.HasChildren) {
                log.warn("left for the next time: {}", error);
                return false;
            }
            throw e;
        }
    }

    private void destroy(Dataset dataset) {
        log.info("destroying {} ({})", dataset.name(), dataset.guid());
        Waiting.whileBusy(() -> zfs.destroy(dataset.name(), dataset.guid()));
    }

    private void destroy(Snapshot snapshot) {
        if (snapshot.holds() > 0) {
            // Left by a release or a hold that a crash cut short; a hold of the point itself was asked for before.
            for (String tag : zfs.holds(snapshot.name())) {
                if (HoldTags.isOurs(tag)) {
                    zfs.release(snapshot.name(), new HoldTag(tag));
                }
            }
        }
        log.info("destroying {} ({})", snapshot.name(), snapshot.guid());
        Waiting.whileBusy(() -> zfs.destroy(snapshot.name(), snapshot.guid()));
    }
}
