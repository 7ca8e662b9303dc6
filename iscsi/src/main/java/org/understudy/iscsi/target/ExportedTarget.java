package org.understudy.iscsi.target;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.scsi.LogicalUnit;
import org.understudy.iscsi.scsi.Nexus;
import org.understudy.iscsi.scsi.ScsiTarget;

/** A target that is on offer: its definition, its units and its sessions. Thread-safe. */
final class ExportedTarget {

    private static final Logger log = LoggerFactory.getLogger(ExportedTarget.class);

    private final TargetDefinition definition;
    private final ScsiTarget scsi;
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
    private final LongAdder bytesRead = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();
    private final RateLimiter byteRate;
    private final RateLimiter commandRate;
    private boolean withdrawn;

    ExportedTarget(TargetDefinition definition) {
        this.definition = definition;
        this.scsi = new ScsiTarget(definition.luns().stream()
                .map(lun -> unit(definition.iqn(), lun))
                .toList());
        this.byteRate = new RateLimiter(definition.exportLimits().bytesPerSecond());
        this.commandRate = new RateLimiter(definition.exportLimits().commandsPerSecond());
        scsi.units().forEach(unit -> unit.onAbort(nexus -> abortTasks(nexus, unit.number())));
    }

    private static LogicalUnit unit(String iqn, LunDefinition lun) {
        LogicalUnit unit = new LogicalUnit(iqn, lun.lun(), lun.serial(), lun.device(), lun.removable());
        if (lun.quietStart()) {
            unit.startQuietly();
        }
        return unit;
    }

    TargetDefinition definition() {
        return definition;
    }

    ScsiTarget scsi() {
        return scsi;
    }

    List<Session> sessions() {
        return List.copyOf(sessions);
    }

    void countRead(long bytes) {
        bytesRead.add(bytes);
    }

    void countWritten(long bytes) {
        bytesWritten.add(bytes);
    }

    /** Waits until the limits of the export let a command of so many bytes pass. */
    void throttle(long bytes, BooleanSupplier cancelled) {
        commandRate.take(1, cancelled);
        byteRate.take(bytes, cancelled);
    }

    /**
     * Takes a session in; an older one of the same initiator port is ended first (session reinstatement, RFC 7143 section
     * 6.3.5).
     *
     * @return false if the target is being withdrawn
     */
    boolean admit(Session session) {
        List<Session> old;
        synchronized (this) {
            if (withdrawn) {
                return false;
            }
            old = sessions.stream()
                    .filter(other -> other.nexus().equals(session.nexus()))
                    .toList();
            sessions.add(session);
        }
        old.forEach(Session::end);
        scsi.nexusEstablished(session.nexus());
        return true;
    }

    void leave(Session session) {
        if (sessions.remove(session)) {
            scsi.nexusLost(session.nexus());
        }
    }

    private void abortTasks(Nexus nexus, int lun) {
        for (Session session : sessions) {
            if (session.nexus().equals(nexus)) {
                session.tasks().matching(task -> task.lun() == lun).forEach(Task::abort);
            }
        }
    }

    /** Refuses new sessions, tells and ends the present ones, then flushes and closes the devices. */
    void withdraw() {
        synchronized (this) {
            withdrawn = true;
        }
        sessions().forEach(Session::announceEnd);
        sessions().forEach(Session::end);
        for (LogicalUnit unit : scsi.units()) {
            try {
                unit.device().flush();
            } catch (IOException e) {
                log.error("{} LUN {}: could not be flushed at its end", definition.iqn(), unit.number(), e);
            }
            try {
                unit.device().close();
            } catch (IOException e) {
                log.error("{} LUN {}: could not be closed", definition.iqn(), unit.number(), e);
            }
        }
    }

    TargetStatus status() {
        return new TargetStatus(
                definition.iqn(), sessions.stream().map(Session::status).toList(), bytesRead.sum(), bytesWritten.sum());
    }
}
