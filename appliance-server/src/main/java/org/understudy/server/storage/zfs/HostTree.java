package org.understudy.server.storage.zfs;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.storage.Volume;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.SnapshotName;

/**
 * The datasets of a host at one moment.
 *
 * @param name the host's own; it need not exist
 * @param head the generation that counts, whether it exists or not
 * @param datasets everything of the host, itself included; empty if it does not exist
 */
record HostTree(DatasetName name, Optional<DatasetName> head, List<Dataset> datasets) {

    static HostTree read(Datasets zfs, ZfsLayout layout, HostId host) {
        DatasetName name = layout.host(host);
        List<Dataset> datasets;
        try {
            datasets = zfs.list(name);
        } catch (ZfsException e) {
            if (e.error() instanceof ZfsError.Missing) {
                return new HostTree(name, Optional.empty(), List.of());
            }
            throw e;
        }
        Map<String, String> properties = zfs.properties(name, List.of(ZfsLayout.HEAD));
        String head = properties.getOrDefault(ZfsLayout.HEAD.value(), ZfsLayout.NO_HEAD);
        return new HostTree(
                name, head.equals(ZfsLayout.NO_HEAD) ? Optional.empty() : Optional.of(name.child(head)), datasets);
    }

    boolean exists() {
        return !datasets.isEmpty();
    }

    /** The head, if it exists. */
    Optional<DatasetName> presentHead() {
        return head.filter(generation -> find(generation).isPresent());
    }

    Optional<Dataset> find(DatasetName wanted) {
        return datasets.stream()
                .filter(dataset -> dataset.name().equals(wanted))
                .findAny();
    }

    /** The snapshot that a dataset was cloned from. */
    Optional<SnapshotName> origin(DatasetName clone) {
        return find(clone).flatMap(Dataset::origin);
    }

    List<Dataset> generations() {
        return datasets.stream()
                .filter(dataset -> !dataset.isVolume()
                        && ZfsLayout.isChild(name, dataset.name())
                        && ZfsLayout.generationNumber(dataset.name()).isPresent())
                .toList();
    }

    /** A number that no generation has, nor is the head about to have. */
    int nextGeneration() {
        int last = head.map(generation -> ZfsLayout.generationNumber(generation).orElse(0))
                .orElse(0);
        for (Dataset generation : generations()) {
            last = Math.max(last, ZfsLayout.generationNumber(generation.name()).orElse(0));
        }
        return last + 1;
    }

    /** Disks of a generation or a clone, in order of their numbers. */
    static List<Volume> volumes(HostId host, DatasetName parent, List<Dataset> among) {
        return among.stream()
                .filter(dataset -> isDisk(parent, dataset))
                .map(dataset -> new Volume(
                        new DiskId(host, ZfsLayout.diskNumber(dataset.name()).orElseThrow()),
                        new ByteSize(dataset.volumeBytes().orElseThrow())))
                .sorted(Comparator.comparingInt(volume -> volume.disk().number()))
                .toList();
    }

    static boolean isDisk(DatasetName parent, Dataset dataset) {
        return dataset.isVolume()
                && ZfsLayout.isChild(parent, dataset.name())
                && ZfsLayout.diskNumber(dataset.name()).isPresent();
    }
}
