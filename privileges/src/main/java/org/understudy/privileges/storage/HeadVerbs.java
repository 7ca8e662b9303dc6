package org.understudy.privileges.storage;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.privileges.name.Identity;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Request;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.VolumeSpec;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;

/** Hosts, generations and volumes: what points are made of, and what goes when no point is left. */
final class HeadVerbs {

    private static final String COMPRESSION = "lz4";

    private final PoolDatasets pool;
    private final Layout layout;

    HeadVerbs(PoolDatasets pool, Layout layout) {
        this.pool = pool;
        this.layout = layout;
    }

    /** Makes the places that everything else lies in. */
    void prepare() {
        if (pool.find(layout.root()).isEmpty()) {
            throw Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", "there is no dataset " + layout.root())
                    .asException();
        }
        fileSystem(layout.hosts());
        fileSystem(layout.clones());
    }

    Answer createHost(Request.CreateHost request) {
        return fileSystem(layout.host(request.host()));
    }

    Answer createGeneration(Request.CreateGeneration request) {
        return fileSystem(layout.generation(request.host(), request.generation()));
    }

    Answer createVolume(Request.CreateVolume request) {
        DatasetName name = layout.volume(request.host(), request.generation(), request.disk());
        Optional<Dataset> found = pool.find(name);
        if (found.isPresent()) {
            if (!found.get().volumeBytes().equals(Optional.of(request.bytes()))) {
                throw conflict(name + " is there with another size or kind");
            }
            return made(found.get());
        }
        pool.createVolume(name, new VolumeSpec(request.bytes(), request.blockBytes(), COMPRESSION, Map.of()));
        return made(require(name));
    }

    Answer growVolume(Request.GrowVolume request) {
        DatasetName name = layout.volume(request.host(), request.generation(), request.disk());
        Optional<Long> size = require(name).volumeBytes();
        if (size.isEmpty() || size.get() > request.bytes()) {
            throw conflict(name + " is no volume, or is larger already");
        }
        if (size.get() < request.bytes()) {
            pool.grow(name, request.bytes());
        }
        return new Answer.Done();
    }

    /** One property, so it is the commit of a rollback. */
    Answer selectHead(Request.SelectHead request) {
        require(layout.generation(request.host(), request.generation()));
        pool.setProperty(layout.host(request.host()), Layout.HEAD, Layout.generationName(request.generation()));
        return new Answer.Done();
    }

    Answer destroyGeneration(Request.DestroyGeneration request) {
        return destroyWithVolumes(layout.generation(request.host(), request.generation()), request.identity());
    }

    Answer destroyClone(Request.DestroyClone request) {
        return destroyWithVolumes(layout.clone(request.cloneId()), request.identity());
    }

    Answer destroyHost(Request.DestroyHost request) {
        DatasetName name = layout.host(request.host());
        if (pool.find(name).isPresent()) {
            checkIdentity(name, request.identity());
            if (pool.list(name).size() > 1 || !pool.snapshots(name).isEmpty()) {
                throw conflict(name + " still has generations");
            }
            pool.destroy(name, request.identity().guid());
        }
        return new Answer.Done();
    }

    /** All is looked at before anything goes: a snapshot below is a point or part of one. */
    private Answer destroyWithVolumes(DatasetName name, Identity identity) {
        if (pool.find(name).isEmpty()) {
            return new Answer.Done();
        }
        checkIdentity(name, identity);
        List<Dataset> all = pool.list(name);
        for (Dataset dataset : all) {
            if (!pool.snapshots(dataset.name()).isEmpty()) {
                throw conflict(dataset.name() + " still has points");
            }
        }
        // A parent is listed before what lies below it.
        for (int i = all.size() - 1; i >= 0; i--) {
            pool.destroy(all.get(i).name(), all.get(i).guid());
        }
        return new Answer.Done();
    }

    private void checkIdentity(DatasetName name, Identity identity) {
        Guid found = require(name).guid();
        if (!found.equals(identity.guid())) {
            throw notOurs(name.value(), identity, found);
        }
    }

    private Answer fileSystem(DatasetName name) {
        Optional<Dataset> found = pool.find(name);
        if (found.isEmpty()) {
            pool.createFileSystem(name);
        } else if (found.get().isVolume()) {
            throw conflict(name + " is a volume");
        }
        return made(require(name));
    }

    private Dataset require(DatasetName name) {
        return pool.find(name)
                .orElseThrow(() ->
                        Problem.of(ProblemCode.NOT_FOUND, "what", name.value()).asException());
    }

    static Answer.Made made(Dataset dataset) {
        return new Answer.Made(Identity.of(dataset.guid()));
    }

    static ProblemException conflict(String reason) {
        return Problem.of(ProblemCode.CONFLICT, "reason", reason).asException();
    }

    static ProblemException notOurs(String name, Identity meant, Guid found) {
        return new ZfsException(new ZfsError.NotOurs(name, meant.guid(), found), "refused before any command");
    }
}
