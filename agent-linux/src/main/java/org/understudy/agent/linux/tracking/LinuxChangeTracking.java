package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.snapshot.ChangeTracking;
import org.understudy.agent.snapshot.ProtectedDisk;

/**
 * Trackers for the disks of runs. A disk without tracker gets one, after this kernel has passed the self-test once in this
 * process. Used by the thread of the runs.
 */
public final class LinuxChangeTracking implements ChangeTracking {

    private static final Logger log = LoggerFactory.getLogger(LinuxChangeTracking.class);

    private final Trackers trackers;
    private final DeviceProbe probe;
    private final SelfTest selfTest;
    private final BaseRecords records;
    private final Function<ProtectedDisk, Path> deviceFile;
    private boolean tested;

    /**
     * @param deviceFile tells the device file of a disk
     */
    public LinuxChangeTracking(
            Trackers trackers,
            DeviceProbe probe,
            SelfTest selfTest,
            BaseRecords records,
            Function<ProtectedDisk, Path> deviceFile) {
        this.trackers = trackers;
        this.probe = probe;
        this.selfTest = selfTest;
        this.records = records;
        this.deviceFile = deviceFile;
    }

    @Override
    public Answer of(ProtectedDisk disk) {
        try {
            TrackedDevice device = probe.probe(deviceFile.apply(disk));
            String reason = whyAbsent(disk.key());
            if (trackers.isTracked(device)) {
                try {
                    return new Tracked(new DiskMarks(disk.key(), trackers.open(device), records, null));
                } catch (TrackingException e) {
                    log.warn("{} Tracking begins anew.", e.getMessage());
                    reason = e.reason();
                }
            }
            test();
            return new Tracked(new DiskMarks(disk.key(), trackers.startFitting(device), records, reason));
        } catch (TrackingException e) {
            log.info("{}", e.getMessage());
            return new Untracked(e.reason());
        }
    }

    private void test() throws TrackingException {
        if (!tested) {
            for (String stale : trackers.removeStale()) {
                log.info("removed the tracker of {}, which is gone or is another device now", stale);
            }
            selfTest.run();
            tested = true;
        }
    }

    /** Why a disk has no tracker: its record tells whether it had one. */
    private String whyAbsent(String disk) {
        Optional<BaseRecord> record = records.find(disk);
        if (record.isEmpty()) {
            return "tracking begins with this run";
        }
        @Nullable String boot = null;
        try {
            boot = records.boot();
        } catch (IOException e) {
            log.warn("this boot has no id: {}", e.toString());
        }
        return record.get().boot().equals(boot)
                ? "tracking was stopped since the last point"
                : "the host was started again since the last point, and nothing saw what was written meanwhile";
    }
}
