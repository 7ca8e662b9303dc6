package org.understudy.iscsi.target;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.scsi.LogicalUnit;
import org.understudy.iscsi.scsi.Nexus;
import org.understudy.iscsi.scsi.ScsiTarget;
import org.understudy.iscsi.target.RefusedLogin.Reason;

/** A target that is on offer: its definition, its units and its sessions. Thread-safe. */
final class ExportedTarget {

    private static final Logger log = LoggerFactory.getLogger(ExportedTarget.class);

    private final ScsiTarget scsi;
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
    private final TrafficCounters traffic = new TrafficCounters(null);
    private final LongAdder refusedLogins = new LongAdder();
    private final RateLimiter byteRate;
    private final RateLimiter commandRate;
    /** Changes come one after the other; unlike the monitor it is held while sessions and devices are waited for. */
    private final ReentrantLock changing = new ReentrantLock();

    private volatile TargetDefinition definition;
    private boolean withdrawn;

    ExportedTarget(TargetDefinition definition) {
        this.definition = definition;
        this.scsi = new ScsiTarget(
                definition.luns().stream().map(lun -> unit(definition, lun)).toList());
        this.byteRate = new RateLimiter(definition.exportLimits().bytesPerSecond());
        this.commandRate = new RateLimiter(definition.exportLimits().commandsPerSecond());
    }

    private LogicalUnit unit(TargetDefinition target, LunDefinition lun) {
        LogicalUnit unit = new LogicalUnit(target.iqn(), lun.lun(), lun.serial(), lun.device(), lun.removable());
        if (lun.quietStart()) {
            unit.startQuietly();
        }
        unit.onAbort(nexus -> abortTasks(nexus, unit.number()));
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

    TrafficCounters traffic() {
        return traffic;
    }

    void countRefusal() {
        refusedLogins.increment();
    }

    /** Waits until the limits of the export let so many commands with so many bytes pass. */
    void throttle(int commands, long bytes, BooleanSupplier cancelled) {
        commandRate.take(commands, cancelled);
        byteRate.take(bytes, cancelled);
    }

    /**
     * Takes a session in; an older one of the same initiator port is ended first (session reinstatement, RFC 7143 section
     * 6.3.5).
     *
     * @param checked the definition that the login was checked against; it may have changed since
     * @throws LoginRefusal if the target is being withdrawn, or would now refuse the login
     */
    void admit(Session session, TargetDefinition checked) throws LoginRefusal {
        List<Session> old;
        synchronized (this) {
            if (withdrawn) {
                throw new LoginRefusal(LoginStatus.NOT_FOUND, "the target is being withdrawn");
            }
            TargetDefinition now = definition;
            Optional<Reason> excluded =
                    session.access().refusal(now, session.nexus().initiatorName());
            if (excluded.isPresent()) {
                throw new LoginRefusal(
                        LoginStatus.AUTHORIZATION_FAILURE, excluded.get(), "the access list was changed meanwhile");
            }
            if (!now.chap().equals(checked.chap())) {
                throw new LoginRefusal(LoginStatus.AUTHENTICATION_FAILURE, "the credentials were changed meanwhile");
            }
            old = sessions.stream()
                    .filter(other -> other.nexus().equals(session.nexus()))
                    .toList();
            sessions.add(session);
        }
        old.forEach(Session::end);
        scsi.nexusEstablished(session.nexus());
    }

    void leave(Session session) {
        if (sessions.remove(session)) {
            scsi.nexusLost(session.nexus());
        }
    }

    /**
     * Becomes what {@code next} says; see {@link IscsiTargetServer#change}.
     *
     * @param patience how long commands of a unit that goes may take to finish
     */
    void change(TargetDefinition next, Duration patience) throws IOException {
        changing.lock();
        try {
            List<LogicalUnit> before;
            List<Session> excluded;
            synchronized (this) {
                if (withdrawn) {
                    throw new IllegalStateException("target is being withdrawn: " + next.iqn());
                }
                before = scsi.units();
                scsi.replaceUnits(
                        unitsOf(next), sessions.stream().map(Session::nexus).toList());
                definition = next;
                excluded = sessions.stream()
                        .filter(session ->
                                !session.access().allows(next, session.nexus().initiatorName()))
                        .toList();
            }
            byteRate.change(next.exportLimits().bytesPerSecond());
            commandRate.change(next.exportLimits().commandsPerSecond());
            excluded.forEach(Session::announceEnd);
            excluded.forEach(Session::end);
            List<LogicalUnit> gone = new ArrayList<>(before);
            gone.removeAll(scsi.units());
            gone.forEach(unit -> retire(unit, patience));
            for (LogicalUnit unit : scsi.units()) {
                unit.device().refreshSize();
            }
            scsi.units().forEach(LogicalUnit::noticeResize);
        } finally {
            changing.unlock();
        }
    }

    /** Units that stay are the same objects, with their reservations and attentions. */
    private List<LogicalUnit> unitsOf(TargetDefinition next) {
        List<LogicalUnit> units = new ArrayList<>();
        for (LunDefinition lun : next.luns()) {
            LogicalUnit present = scsi.unit(ScsiTarget.field(lun.lun()))
                    .filter(unit -> unit.isMadeOf(lun.device(), lun.serial(), lun.removable()))
                    .orElse(null);
            units.add(present == null ? unit(next, lun) : present);
        }
        return units;
    }

    /** Nobody can send commands to the unit any more; those under way are finished, then its device is closed. */
    private void retire(LogicalUnit unit, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        for (Session session : sessions()) {
            Predicate<Task> ofUnit = task -> task.unit() == unit;
            if (!session.tasks().awaitNone(ofUnit, deadline)) {
                session.tasks().matching(ofUnit).forEach(Task::abort);
            }
        }
        boolean stillUsed = scsi.units().stream().anyMatch(other -> other.device() == unit.device());
        if (!stillUsed) {
            flushAndClose(unit);
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
        changing.lock();
        try {
            scsi.units().forEach(this::flushAndClose);
        } finally {
            changing.unlock();
        }
    }

    private void flushAndClose(LogicalUnit unit) {
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

    TargetStatus status() {
        return new TargetStatus(
                definition.iqn(),
                sessions.stream().map(Session::status).toList(),
                traffic.snapshot(),
                refusedLogins.sum());
    }
}
