package org.understudy.zfs;

import java.time.Instant;
import java.util.Optional;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.SnapshotName;

/**
 * A file system or volume.
 *
 * @param volumeBytes size of a volume; empty for a file system
 * @param origin the snapshot that a clone comes from
 */
public record Dataset(
        DatasetName name, Guid guid, Optional<Long> volumeBytes, Optional<SnapshotName> origin, Instant created) {

    public boolean isVolume() {
        return volumeBytes.isPresent();
    }
}
