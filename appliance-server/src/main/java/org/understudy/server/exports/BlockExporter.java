package org.understudy.server.exports;

import java.util.List;

/**
 * Offers volumes to initiators. An export lives until it is released or the server ends; nothing of it survives a restart of
 * the embedded target. Idempotent: exporting the same name twice with equal contents is one export, with others
 * {@code CONFLICT}; releasing an unknown name succeeds. Thread-safe. Every adapter and the fake pass
 * {@code BlockExporterContract}.
 */
public interface BlockExporter {

    /** Starts an export; initiators can log in when this returns. */
    ActiveExport export(BlockExport export);

    /** Ends the sessions of an export, flushes and closes its devices, then returns. */
    void release(String iqn);

    List<ActiveExport> active();
}
