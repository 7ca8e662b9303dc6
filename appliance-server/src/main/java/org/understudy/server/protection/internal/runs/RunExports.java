package org.understudy.server.protection.internal.runs;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.ServerMessage.DataTarget;
import org.understudy.server.exports.ActiveExport;
import org.understudy.server.exports.BlockExport;
import org.understudy.server.exports.BlockExporter;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.storage.VolumeStore;

/** Exports of runs: one target name, one user and one secret per run, never used again. Thread-safe. */
@Component
class RunExports {

    private static final Logger log = LoggerFactory.getLogger(RunExports.class);

    private static final String PREFIX = "iqn.2026-01.org.understudy:run-";

    private final BlockExporter exporter;
    private final VolumeStore store;
    private final SecureRandom random = new SecureRandom();

    RunExports(BlockExporter exporter, VolumeStore store) {
        this.exporter = exporter;
        this.store = store;
    }

    static String iqn(RunId run) {
        return PREFIX + run;
    }

    /** Exports the heads of the disks, in their order as LUN 0, 1, …, for this host's agent alone. */
    DataTarget open(LiveRun run, List<RunDisk> disks) {
        String host = run.host().toString();
        List<BlockExport.Lun> luns = disks.stream()
                .map(disk -> new BlockExport.Lun(
                        store.headDevice(new DiskId(run.host(), disk.number())),
                        false,
                        host.substring(0, 8) + "-" + disk.number()))
                .toList();
        String user = "run-" + randomHex(8);
        String secret = randomHex(16);
        ActiveExport active =
                exporter.export(new BlockExport(iqn(run.id()), luns, user, secret, Optional.of(run.host())));
        return new DataTarget(active.tlsPort(), active.iqn(), user, secret);
    }

    /** The cause of a failed transfer: an initiator sees no more than an I/O error, the exporter knows why, as a full pool. */
    ProblemException explain(RunId run, ProblemException failure) {
        return failure.problem().code() == ProblemCode.ISCSI_IO_FAILED
                ? exporter.failure(iqn(run))
                        .map(cause -> cause.asException(failure))
                        .orElse(failure)
                : failure;
    }

    void release(RunId run) {
        exporter.release(iqn(run));
    }

    /** Releases what runs of this or an earlier process left exported. */
    void releaseStrays(LiveRuns live) {
        for (ActiveExport export : exporter.active()) {
            boolean ours = export.iqn().startsWith(PREFIX);
            boolean owned = live.all().stream().anyMatch(run -> iqn(run.id()).equals(export.iqn()));
            if (ours && !owned) {
                log.warn("{} was still exported though its run is over; released", export.iqn());
                exporter.release(export.iqn());
            }
        }
    }

    private String randomHex(int bytes) {
        byte[] value = new byte[bytes];
        random.nextBytes(value);
        return HexFormat.of().formatHex(value);
    }
}
