package org.understudy.server.exports.memory;

import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.exports.ActiveExport;
import org.understudy.server.exports.BlockExport;
import org.understudy.server.exports.BlockExporter;

/**
 * The fake exporter for tests: remembers what is exported, offers nothing on any network. Passes
 * {@code BlockExporterContract}. Thread-safe by one lock.
 */
public final class InMemoryBlockExporter implements BlockExporter {

    public static final int TLS_PORT = 3261;

    private final Map<String, BlockExport> exports = new TreeMap<>();
    private final Map<String, Problem> deviceFailures = new HashMap<>();
    private @Nullable Problem nextFailure;

    /** The next call of {@link #export} or {@link #release} fails with this problem and does nothing. */
    public synchronized void failNext(Problem problem) {
        nextFailure = problem;
    }

    /** A device of an export fails, as when the pool is full. */
    public synchronized void failDevice(String iqn, Problem problem) {
        deviceFailures.put(canonical(iqn), problem);
    }

    /** What was exported under this name, with its credentials. */
    public synchronized Optional<BlockExport> exported(String iqn) {
        return Optional.ofNullable(exports.get(canonical(iqn)));
    }

    private void begin() {
        Problem problem = nextFailure;
        nextFailure = null;
        if (problem != null) {
            throw problem.asException();
        }
    }

    @Override
    public synchronized ActiveExport export(BlockExport export) {
        begin();
        String iqn = canonical(export.iqn());
        BlockExport present = exports.get(iqn);
        if (present != null && !present.equals(export)) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", iqn + " is exported with other contents")
                    .asException();
        }
        for (BlockExport.Lun lun : export.luns()) {
            if (!Files.exists(lun.device())) {
                throw Problem.of(
                                ProblemCode.VOLUME_NOT_FOUND,
                                "volume",
                                lun.device().toString())
                        .asException();
            }
        }
        exports.put(iqn, export);
        return describe(iqn);
    }

    @Override
    public synchronized void release(String iqn) {
        begin();
        exports.remove(canonical(iqn));
        deviceFailures.remove(canonical(iqn));
    }

    @Override
    public synchronized List<ActiveExport> active() {
        return exports.keySet().stream().map(InMemoryBlockExporter::describe).toList();
    }

    @Override
    public synchronized Optional<Problem> failure(String iqn) {
        return Optional.ofNullable(deviceFailures.get(canonical(iqn)));
    }

    private static ActiveExport describe(String iqn) {
        return new ActiveExport(iqn, TLS_PORT, 0, 0, 0);
    }

    private static String canonical(String iqn) {
        return iqn.toLowerCase(Locale.ROOT);
    }
}
