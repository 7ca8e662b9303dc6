package org.understudy.server.protection;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.exports.ActiveExport;
import org.understudy.server.exports.BlockExport;
import org.understudy.server.exports.BlockExporter;
import org.understudy.server.kernel.HostId;

/** Exports that survive the death of the server, as those of a kernel target do. Checks names and secrets at log-in. */
final class FakeExporter implements BlockExporter {

    static final int PORT = 3261;

    private final Map<String, BlockExport> exports = new HashMap<>();
    private final Map<String, Problem> failures = new HashMap<>();
    private final List<BlockExport> history = new ArrayList<>();
    private @Nullable Problem deviceFailure;

    synchronized void failNext(String method, Problem problem) {
        failures.put(method, problem);
    }

    /** The devices of all exports fail with this from now on, as when the pool is full; null: they are well. */
    synchronized void failDevices(@Nullable Problem problem) {
        deviceFailure = problem;
    }

    @Override
    public synchronized Optional<Problem> failure(String iqn) {
        return exports.containsKey(iqn) ? Optional.ofNullable(deviceFailure) : Optional.empty();
    }

    private void begin(String method) {
        Problem problem = failures.remove(method);
        if (problem != null) {
            throw problem.asException();
        }
    }

    @Override
    public synchronized ActiveExport export(BlockExport export) {
        begin("export");
        BlockExport present = exports.putIfAbsent(export.iqn(), export);
        if (present != null && !present.equals(export)) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "another export has this name")
                    .asException();
        }
        history.add(export);
        return active(export);
    }

    @Override
    public synchronized void release(String iqn) {
        begin("release");
        exports.remove(iqn);
    }

    @Override
    public synchronized List<ActiveExport> active() {
        return exports.values().stream().map(FakeExporter::active).toList();
    }

    private static ActiveExport active(BlockExport export) {
        return new ActiveExport(export.iqn(), PORT, 0, 0, 0);
    }

    synchronized List<BlockExport> history() {
        return List.copyOf(history);
    }

    /** What an initiator may write to. */
    synchronized List<Path> login(HostId host, String iqn, String user, String secret) {
        BlockExport export = exports.get(iqn);
        if (export == null) {
            throw Problem.of(ProblemCode.ISCSI_LOGIN_REFUSED, "status", "no such target")
                    .asException();
        }
        if (!export.chapUser().equals(user)
                || !export.chapSecret().equals(secret)
                || !export.onlyHost().equals(Optional.of(host))) {
            throw Problem.of(ProblemCode.ISCSI_LOGIN_REFUSED, "status", "wrong credentials")
                    .asException();
        }
        return export.luns().stream().map(BlockExport.Lun::device).toList();
    }

    synchronized boolean activeOn(Path device) {
        return exports.values().stream()
                .flatMap(export -> export.luns().stream())
                .anyMatch(lun -> lun.device().equals(device));
    }

    /** Whether a session could still write. */
    synchronized boolean exported(String iqn) {
        return exports.containsKey(iqn);
    }
}
