package org.understudy.console;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.protection.ProtectionEvents;
import org.understudy.server.protection.RunProgress;

final class FakeRuns implements BackupRuns {

    private final Scene scene;

    FakeRuns(Scene scene) {
        this.scene = scene;
    }

    @Override
    public RunId start(HostId host, BackupRun.Trigger trigger) {
        RunId id = RunId.random();
        synchronized (scene) {
            if (!scene.host(host).connected()) {
                throw Problem.of(
                                ProblemCode.AGENT_OFFLINE,
                                "host",
                                scene.host(host).name())
                        .asException();
            }
            if (active().stream().anyMatch(run -> run.host().equals(host))) {
                throw Problem.of(
                                ProblemCode.RUN_IN_PROGRESS,
                                "host",
                                scene.host(host).name())
                        .asException();
            }
            scene.runs.put(
                    id,
                    new BackupRun(
                            id,
                            host,
                            trigger,
                            BackupRun.State.REQUESTED,
                            false,
                            1,
                            scene.now(),
                            Optional.empty(),
                            List.of(new BackupRun.Transition(
                                    BackupRun.State.REQUESTED, scene.now(), Duration.ZERO, "")),
                            new BackupRun.Volumes(0, 0, 0, 0, 0),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty()));
        }
        scene.events.publishEvent(new ProtectionEvents.RunChanged(id, host, BackupRun.State.REQUESTED));
        return id;
    }

    /** Takes a run to its next state, as the server would. */
    static void enter(Scene scene, RunId id, BackupRun.State state, Optional<RunProgress> progress) {
        BackupRun run;
        synchronized (scene) {
            run = scene.run(id);
            List<BackupRun.Transition> transitions = new ArrayList<>();
            for (BackupRun.Transition step : run.transitions()) {
                transitions.add(
                        step.lasted().isZero()
                                ? new BackupRun.Transition(
                                        step.state(), step.enteredAt(), Duration.ofMillis(420), step.note())
                                : step);
            }
            if (run.state() != state) {
                transitions.add(new BackupRun.Transition(state, scene.now(), Duration.ZERO, ""));
            }
            run = new BackupRun(
                    id,
                    run.host(),
                    run.trigger(),
                    state,
                    run.first(),
                    run.attempt(),
                    run.requestedAt(),
                    state.isFinal() ? Optional.of(scene.now()) : Optional.empty(),
                    transitions,
                    new BackupRun.Volumes(20L << 30, 6L << 30, 20L << 30, 88L << 20, 91L << 20),
                    run.point(),
                    run.problem(),
                    run.failedIn(),
                    progress);
            scene.runs.put(id, run);
        }
        scene.events.publishEvent(new ProtectionEvents.RunChanged(id, run.host(), state));
        BackupRun changed = run;
        progress.ifPresent(
                known -> scene.events.publishEvent(new ProtectionEvents.RunProgressed(id, changed.host(), known)));
    }

    @Override
    public void cancel(RunId run) {
        scene.called("cancel " + run);
        enter(scene, run, BackupRun.State.CANCELLED, Optional.empty());
    }

    @Override
    public Optional<BackupRun> run(RunId id) {
        synchronized (scene) {
            return Optional.ofNullable(scene.runs.get(id));
        }
    }

    @Override
    public List<BackupRun> recent(HostId host, int limit) {
        return scene.newestRuns().stream()
                .filter(run -> run.host().equals(host))
                .limit(limit)
                .toList();
    }

    @Override
    public List<BackupRun> recent(int limit) {
        return scene.newestRuns().stream().limit(limit).toList();
    }

    @Override
    public List<BackupRun> active() {
        return scene.newestRuns().stream().filter(run -> !run.state().isFinal()).toList();
    }
}
