package org.understudy.privileges.storage;

import java.util.List;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Request;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.PropertyName;

/** Writable copies of points: new generations, and clones for takeovers. */
final class CloneVerbs {

    /** Set when all datasets of a copy are there; a copy without it is taken up again or destroyed. */
    static final PropertyName COMPLETE = new PropertyName("org.understudy:complete");

    private final PoolDatasets pool;
    private final Layout layout;
    private final Points points;

    CloneVerbs(PoolDatasets pool, Layout layout, Points points) {
        this.pool = pool;
        this.layout = layout;
        this.points = points;
    }

    Answer fork(Request.ForkGeneration request) {
        if (request.newGeneration() <= request.generation()) {
            throw HeadVerbs.conflict("a new generation has a higher number than the one that it comes from");
        }
        return copy(request, layout.generation(request.host(), request.newGeneration()));
    }

    Answer clonePoint(Request.ClonePoint request) {
        return copy(request, layout.clone(request.cloneId()));
    }

    private Answer copy(Request.OfPoint request, DatasetName target) {
        List<Snapshot> members = points.find(layout.point(request))
                .filter(point -> !point.destroying())
                .orElseThrow(() -> Problem.of(
                                ProblemCode.POINT_NOT_FOUND,
                                "point",
                                request.point().value())
                        .asException())
                .members();
        copyOne(members.get(0), target);
        for (Snapshot volume : members.subList(1, members.size())) {
            copyOne(volume, target.child(volume.name().dataset().leaf()));
        }
        pool.setProperty(target, COMPLETE, "yes");
        return HeadVerbs.made(pool.find(target)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", target.value())
                        .asException()));
    }

    private void copyOne(Snapshot origin, DatasetName target) {
        Optional<Dataset> found = pool.find(target);
        if (found.isEmpty()) {
            pool.cloneSnapshot(origin.name(), target);
        } else if (!found.get().origin().equals(Optional.of(origin.name()))) {
            throw HeadVerbs.conflict(target + " is there and is no clone of " + origin.name());
        }
    }
}
