package org.understudy.server.protection.internal.runs;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.springframework.stereotype.Component;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.RunProgress;

/** The runs that this process carries out, one per host. Thread-safe. */
@Component
class LiveRuns {

    private final ConcurrentMap<HostId, LiveRun> byHost = new ConcurrentHashMap<>();

    /** @return false if the host has one */
    boolean add(LiveRun run) {
        return byHost.putIfAbsent(run.host(), run) == null;
    }

    void remove(LiveRun run) {
        byHost.remove(run.host(), run);
    }

    Optional<LiveRun> find(RunId id) {
        return byHost.values().stream().filter(run -> run.id().equals(id)).findFirst();
    }

    Optional<LiveRun> of(HostId host) {
        return Optional.ofNullable(byHost.get(host));
    }

    Collection<LiveRun> all() {
        return List.copyOf(byHost.values());
    }

    Optional<RunProgress> progress(RunId id) {
        return find(id).flatMap(LiveRun::progress);
    }
}
