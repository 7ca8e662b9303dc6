package org.understudy.iscsi.target;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.understudy.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import org.understudy.iscsi.pdu.TargetPdu.TaskManagementResponse;
import org.understudy.iscsi.scsi.LogicalUnit;
import org.understudy.iscsi.scsi.SenseCode;

/**
 * Task management functions (RFC 7143 section 11.5). The response leaves when the commands concerned have really stopped, so
 * that an aborted write never lands after it.
 */
final class TaskManagement {

    private static final int COMPLETE = 0;
    private static final int NO_SUCH_TASK = 1;
    private static final int NO_SUCH_LUN = 2;
    private static final int REASSIGNMENT_NOT_SUPPORTED = 4;
    private static final int NOT_SUPPORTED = 5;
    private static final int REJECTED = 255;

    private final Session session;

    TaskManagement(Session session) {
        this.session = session;
    }

    /** Carries out a request; {@code answered} runs when its response is queued. */
    void request(TaskManagementRequest request, Runnable answered) {
        switch (request.function()) {
            case 1 -> abortTask(request, answered);
            case 2 -> onUnit(request, (unit, then) -> abort(List.of(session), onLun(unit), then), answered);
            case 3 -> respond(request, NOT_SUPPORTED, answered);
            case 4 -> onUnit(request, this::clearTaskSet, answered);
            case 5 -> onUnit(request, this::resetUnit, answered);
            case 6 -> resetTarget(request, false, answered);
            case 7 -> resetTarget(request, true, answered);
            case 8 -> respond(request, REASSIGNMENT_NOT_SUPPORTED, answered);
            default -> respond(request, REJECTED, answered);
        }
    }

    private void abortTask(TaskManagementRequest request, Runnable answered) {
        Optional<Task> task = session.tasks().find(request.referencedTag());
        if (task.isEmpty()) {
            respond(request, NO_SUCH_TASK, answered);
        } else {
            task.get().abort(() -> respond(request, COMPLETE, answered));
        }
    }

    /** A function that concerns one unit. */
    private interface UnitFunction {
        void apply(LogicalUnit unit, Runnable then);
    }

    private void onUnit(TaskManagementRequest request, UnitFunction function, Runnable answered) {
        Optional<LogicalUnit> unit = session.target().scsi().unit(request.lun());
        if (unit.isEmpty()) {
            respond(request, NO_SUCH_LUN, answered);
        } else {
            function.apply(unit.get(), () -> respond(request, COMPLETE, answered));
        }
    }

    private static Predicate<Task> onLun(LogicalUnit unit) {
        return task -> task.lun() == unit.number();
    }

    private void clearTaskSet(LogicalUnit unit, Runnable then) {
        unit.commandsClearedBy(session.nexus());
        abort(session.target().sessions(), onLun(unit), then);
    }

    private void resetUnit(LogicalUnit unit, Runnable then) {
        abort(session.target().sessions(), onLun(unit), () -> {
            unit.reset(SenseCode.LUN_RESET);
            then.run();
        });
    }

    private void resetTarget(TaskManagementRequest request, boolean cold, Runnable answered) {
        List<Session> sessions = session.target().sessions();
        abort(sessions, task -> true, () -> {
            session.target().scsi().reset();
            respond(request, COMPLETE, answered);
            if (cold) {
                // A cold reset ends every session of the target, this one after its response.
                session.executor().execute(() -> {
                    session.outbound().flush();
                    sessions.forEach(other -> other.fail(new IOException("the target was reset")));
                });
            }
        });
    }

    private static void abort(List<Session> sessions, Predicate<Task> which, Runnable then) {
        List<Task> tasks = new ArrayList<>();
        sessions.forEach(session -> tasks.addAll(session.tasks().matching(which)));
        AtomicInteger left = new AtomicInteger(tasks.size() + 1);
        Runnable one = () -> {
            if (left.decrementAndGet() == 0) {
                then.run();
            }
        };
        tasks.forEach(task -> task.abort(one));
        one.run();
    }

    private void respond(TaskManagementRequest request, int response, Runnable answered) {
        answered.run();
        session.outbound().enqueue(Outgoing.of(new TaskManagementResponse(request.initiatorTaskTag(), response)));
        session.executor().execute(session.outbound()::drain);
    }
}
