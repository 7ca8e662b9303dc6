package org.understudy.server.protection.internal.runs;

import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Service;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.OwnHost;
import org.understudy.server.fleet.HostRuns;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.protection.RunProgress;

/** Runs that hosts ask for, as if an administrator had started them by hand. Thread-safe. */
@Service
class RequestedRuns implements HostRuns {

    private static final RunProgress NONE = new RunProgress(0, 0, 0, 0, 0, Optional.empty());

    private final BackupRuns runs;

    RequestedRuns(BackupRuns runs) {
        this.runs = runs;
    }

    @Override
    public RunId start(HostId host) {
        return runs.start(host, BackupRun.Trigger.MANUAL);
    }

    @Override
    public OwnHost.Run run(HostId host, RunId run) {
        BackupRun found = runs.run(run)
                .orElseThrow(() -> Problem.of(ProblemCode.RUN_UNKNOWN, "run", run.toString())
                        .asException());
        if (!found.host().equals(host)) {
            throw Problem.of(ProblemCode.FOREIGN_HOST, "host", host.toString()).asException();
        }
        return view(found);
    }

    @Override
    public Optional<OwnHost.Run> newest(HostId host) {
        return runs.recent(host, 1).stream().findFirst().map(RequestedRuns::view);
    }

    private static OwnHost.Run view(BackupRun run) {
        RunProgress progress = run.progress().orElse(NONE);
        Optional<Problem> problem = run.problem();
        return new OwnHost.Run(
                run.id().toString(),
                run.state().name(),
                run.state().isFinal(),
                run.point().map(Object::toString).orElse(null),
                progress.pass(),
                progress.doneBytes(),
                progress.totalBytes(),
                Math.max(progress.sentBytes(), run.volumes().sentBytes()),
                run.requestedAt().toString(),
                problem.map(Problem::code).orElse(null),
                problem.map(Problem::values).orElse(Map.of()),
                // Technical details are of the appliance; its console has them.
                null);
    }
}
