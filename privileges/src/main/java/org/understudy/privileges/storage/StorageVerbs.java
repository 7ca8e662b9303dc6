package org.understudy.privileges.storage;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.understudy.privileges.clock.TrustedClock;
import org.understudy.privileges.name.CloneId;
import org.understudy.privileges.name.HostId;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Request;
import org.understudy.zfs.name.DatasetName;

/**
 * Carries out the storage verbs. What a verb checked stays true while it acts, since verbs on one host follow one another, and so
 * do verbs on one clone. Thread-safe.
 */
public final class StorageVerbs {

    private static final int STRIPES = 64;

    private final HeadVerbs heads;
    private final PointVerbs points;
    private final CloneVerbs clones;
    private final ReentrantLock[] hostLocks = locks();
    private final ReentrantLock[] cloneLocks = locks();

    /**
     * @param root the dataset that nothing outside of is touched
     * @param longestLock how far from now a lock may reach
     */
    public StorageVerbs(PoolDatasets pool, DatasetName root, TrustedClock clock, Duration longestLock) {
        Layout layout = new Layout(root);
        Points stored = new Points(pool);
        this.heads = new HeadVerbs(pool, layout);
        this.points = new PointVerbs(pool, layout, stored, clock, longestLock);
        this.clones = new CloneVerbs(pool, layout, stored);
    }

    /** Makes what must be there before the first verb. */
    public void prepare() {
        heads.prepare();
    }

    /** @throws org.understudy.core.problem.ProblemException what the verb refuses */
    public Answer perform(Request.Storage request) {
        if (request instanceof Request.CreateHost r) {
            return onHost(r.host(), () -> heads.createHost(r));
        } else if (request instanceof Request.CreateGeneration r) {
            return onHost(r.host(), () -> heads.createGeneration(r));
        } else if (request instanceof Request.CreateVolume r) {
            return onHost(r.host(), () -> heads.createVolume(r));
        } else if (request instanceof Request.GrowVolume r) {
            return onHost(r.host(), () -> heads.growVolume(r));
        } else if (request instanceof Request.SelectHead r) {
            return onHost(r.host(), () -> heads.selectHead(r));
        } else if (request instanceof Request.DestroyGeneration r) {
            return onHost(r.host(), () -> heads.destroyGeneration(r));
        } else if (request instanceof Request.DestroyHost r) {
            return onHost(r.host(), () -> heads.destroyHost(r));
        } else if (request instanceof Request.DestroyClone r) {
            return onClone(r.cloneId(), () -> heads.destroyClone(r));
        } else if (request instanceof Request.OfPoint r) {
            return onHost(r.host(), () -> perform(r));
        }
        throw new IllegalStateException("a verb without code: " + request);
    }

    private Answer perform(Request.OfPoint request) {
        if (request instanceof Request.TakePoint r) {
            return points.take(r);
        } else if (request instanceof Request.FindPoint r) {
            return points.find(r);
        } else if (request instanceof Request.KeepPoint r) {
            return points.keep(r);
        } else if (request instanceof Request.HoldPoint r) {
            return points.hold(r);
        } else if (request instanceof Request.ReleasePoint r) {
            return points.release(r);
        } else if (request instanceof Request.SetProperty r) {
            return points.setProperty(r);
        } else if (request instanceof Request.RemoveProperty r) {
            return points.removeProperty(r);
        } else if (request instanceof Request.DestroyPoint r) {
            return points.destroy(r);
        } else if (request instanceof Request.ForkGeneration r) {
            return clones.fork(r);
        } else if (request instanceof Request.ClonePoint r) {
            return onClone(r.cloneId(), () -> clones.clonePoint(r));
        }
        throw new IllegalStateException("a verb without code: " + request);
    }

    private Answer onHost(HostId host, Supplier<Answer> action) {
        return under(hostLocks, host, action);
    }

    /** Taken after the host's lock where both are needed, never before. */
    private Answer onClone(CloneId clone, Supplier<Answer> action) {
        return under(cloneLocks, clone, action);
    }

    private static Answer under(ReentrantLock[] locks, Object key, Supplier<Answer> action) {
        ReentrantLock lock = locks[Math.floorMod(key.hashCode(), STRIPES)];
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    private static ReentrantLock[] locks() {
        return IntStream.range(0, STRIPES).mapToObj(each -> new ReentrantLock()).toArray(ReentrantLock[]::new);
    }
}
