package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.snapshot.ChangeTracking;
import org.understudy.core.extent.ExtentSet;

/** A tracker as the agent's runs see it. Used by one thread. */
final class DiskMarks implements ChangeTracking.DiskChanges {

    private final String disk;
    private final Tracker tracker;
    private final BaseRecords records;
    private final @Nullable String begunBecause;

    /**
     * @param begunBecause why the tracker was begun just now, half a sentence; null if it was there
     */
    DiskMarks(String disk, Tracker tracker, BaseRecords records, @Nullable String begunBecause) {
        this.disk = disk;
        this.tracker = tracker;
        this.records = records;
        this.begunBecause = begunBecause;
    }

    @Override
    public ChangeTracking.Since since(@Nullable String point) throws IOException {
        Optional<BaseRecord> record = records.find(disk);
        ExtentSet written = tracker.sinceBase();
        String unknown = whyUnknown(point, record);
        if (unknown == null && record.isPresent()) {
            return new ChangeTracking.Known(written, record.get().used());
        }
        tracker.forgetBase();
        return new ChangeTracking.Unknown(unknown == null ? "its record was lost" : unknown);
    }

    private @Nullable String whyUnknown(@Nullable String point, Optional<BaseRecord> record) throws IOException {
        if (point == null) {
            return "there is no point yet to compare with";
        }
        if (begunBecause != null) {
            return begunBecause;
        }
        List<String> doubts = tracker.doubtsOfBase();
        if (!doubts.isEmpty()) {
            return String.join("; ", doubts);
        }
        if (!tracker.isTied()) {
            return "the marks do not begin at a point";
        }
        if (!tracker.isTiedTo(point)) {
            return "the marks begin at another point than the appliance's last one";
        }
        if (record.isEmpty()
                || !record.get().point().equals(point)
                || record.get().tracker() != tracker.id()) {
            return "the used space of the last point is not known any more";
        }
        return null;
    }

    @Override
    public ExtentSet cut() throws IOException {
        return tracker.cut();
    }

    @Override
    public ExtentSet look() throws IOException {
        return tracker.sinceCut();
    }

    @Override
    public List<String> doubts() throws IOException {
        return tracker.doubtsOfBase();
    }

    /** The record first: a tracker that is tied to a point without record is no base, a record without such a tracker neither. */
    @Override
    public void commit(String point, ExtentSet used) throws IOException {
        records.put(disk, tracker.id(), point, used);
        tracker.commit(point);
    }

    @Override
    public void close() {
        tracker.close();
    }
}
