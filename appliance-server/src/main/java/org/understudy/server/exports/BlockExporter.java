package org.understudy.server.exports;

import java.util.List;
import java.util.Optional;
import org.understudy.core.problem.Problem;

/**
 * Offers volumes to initiators. An export lives until it is released or the server ends; nothing of it survives a restart of
 * the embedded target. Idempotent: exporting the same name twice with equal contents is one export, with others
 * {@code CONFLICT}; releasing an unknown name succeeds. Thread-safe. Every adapter and the fake pass
 * {@code BlockExporterContract}.
 */
public interface BlockExporter {

    /**
     * Starts an export; initiators can log in when this returns.
     *
     * @throws org.understudy.core.problem.ProblemException {@code VOLUME_NOT_FOUND} if a device does not exist,
     *     {@code CONFLICT}, {@code CAPABILITY_MISSING} for a plain export where plain exports are switched off
     */
    ActiveExport export(BlockExport export);

    /** Ends the sessions of an export, flushes and closes its devices, then returns. */
    void release(String iqn);

    List<ActiveExport> active();

    /**
     * The first failure of a device of an export since it began, while the export lives: initiators only see an I/O error,
     * this is its cause ({@code POOL_FULL} where the pool has no space left, else {@code ISCSI_IO_FAILED}).
     */
    default Optional<Problem> failure(String iqn) {
        return Optional.empty();
    }
}
