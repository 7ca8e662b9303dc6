package org.understudy.agent.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.snapshot.ChangeTracking;
import org.understudy.agent.snapshot.ProtectedDisk;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** Sees every write to scripted disks; doubts come when a test wants them. */
public final class ScriptedTracking implements ChangeTracking {

    private final Map<String, Marks> marks = new HashMap<>();
    private final List<String> doubts = new ArrayList<>();
    private @Nullable String unavailable;
    private int open;

    public ScriptedTracking(ScriptedDisk... disks) {
        for (ScriptedDisk disk : disks) {
            Marks own = new Marks();
            marks.put(disk.key(), own);
            disk.tracker(own::add);
        }
    }

    /** From now on there is a doubt about everything, until tracking begins anew. */
    public void doubt(String reason) {
        doubts.add(reason);
    }

    /** From now on nothing is tracked. */
    public void vanish(String reason) {
        unavailable = reason;
    }

    public int openChanges() {
        return open;
    }

    @Override
    public Answer of(ProtectedDisk disk) {
        if (unavailable != null) {
            return new Untracked(unavailable);
        }
        Marks own = marks.get(disk.key());
        if (own == null) {
            return new Untracked("nobody looks at it");
        }
        open++;
        return new Tracked(own.view());
    }

    private final class Marks {

        private final List<Extent> sinceCut = new ArrayList<>();
        private ExtentSet sinceBase = ExtentSet.empty();
        private ExtentSet next = ExtentSet.empty();
        private @Nullable String point;
        private ExtentSet used = ExtentSet.empty();

        void add(Extent extent) {
            sinceCut.add(extent);
        }

        private ExtentSet drain() {
            ExtentSet drained = ExtentSet.of(sinceCut);
            sinceCut.clear();
            sinceBase = sinceBase.union(drained);
            next = next.union(drained);
            return drained;
        }

        DiskChanges view() {
            return new DiskChanges() {
                private boolean closed;

                @Override
                public Since since(@Nullable String wanted) {
                    drain();
                    if (wanted != null && wanted.equals(point) && doubts.isEmpty()) {
                        return new Known(sinceBase, used);
                    }
                    String reason = doubts.isEmpty() ? "no such point" : String.join("; ", doubts);
                    doubts.clear();
                    point = null;
                    sinceBase = ExtentSet.empty();
                    return new Unknown(reason);
                }

                @Override
                public ExtentSet cut() {
                    drain();
                    ExtentSet cut = next;
                    next = ExtentSet.empty();
                    return cut;
                }

                @Override
                public ExtentSet look() {
                    drain();
                    return next;
                }

                @Override
                public List<String> doubts() {
                    return List.copyOf(doubts);
                }

                @Override
                public void commit(String newPoint, ExtentSet newUsed) {
                    drain();
                    point = newPoint;
                    sinceBase = next;
                    used = newUsed;
                }

                @Override
                public void close() {
                    if (!closed) {
                        closed = true;
                        open--;
                    }
                }
            };
        }
    }
}
