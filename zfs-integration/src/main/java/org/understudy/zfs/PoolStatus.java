package org.understudy.zfs;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.understudy.zfs.name.PoolName;

/**
 * A pool with its devices.
 *
 * @param health of the pool as a whole
 * @param scan what was read through last or is now; empty if nothing ever was
 * @param top the devices below the pool itself
 * @param damagedFiles files and objects with errors that could not be mended
 */
public record PoolStatus(PoolName name, String health, Optional<Scan> scan, List<Device> top, long damagedFiles) {

    /** What a scan does. */
    public enum ScanKind {
        SCRUB,
        RESILVER
    }

    /** How far it is. */
    public enum ScanState {
        RUNNING,
        PAUSED,
        FINISHED,
        CANCELED
    }

    /** @param errors what the scan could not mend */
    public record Scan(ScanKind kind, ScanState state, long errors) {}

    /**
     * A device or a group of devices.
     *
     * @param name a path, or what kind of group it is
     * @param state {@code ONLINE}, {@code DEGRADED}, {@code FAULTED}, {@code OFFLINE}, {@code UNAVAIL}, {@code REMOVED}, {@code AVAIL}
     */
    public record Device(
            String name, String state, long readErrors, long writeErrors, long checksumErrors, List<Device> members) {

        Stream<Device> all() {
            return Stream.concat(Stream.of(this), members.stream().flatMap(Device::all));
        }
    }

    /** All devices and groups at all depths. */
    public Stream<Device> devices() {
        return top.stream().flatMap(Device::all);
    }
}
