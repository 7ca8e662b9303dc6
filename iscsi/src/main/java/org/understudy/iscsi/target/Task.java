package org.understudy.iscsi.target;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.TargetPdu.Residual;
import org.understudy.iscsi.scsi.LogicalUnit;
import org.understudy.iscsi.scsi.Outcome;
import org.understudy.iscsi.scsi.ScsiTarget;

/**
 * A SCSI command from its arrival to its response or abortion. It answers at most once, never after {@link #abort}, and abort
 * is complete only when no thread works for it any more. Thread-safe.
 */
abstract class Task {

    /** Task attributes that matter for the order of execution. */
    private static final int ORDERED = 2;

    private static final int HEAD_OF_QUEUE = 3;

    protected final Session session;
    protected final ScsiCommand command;
    private final boolean numbered;
    private final @Nullable LogicalUnit unit;
    private final List<Runnable> waiters = new ArrayList<>();
    private int working;
    private boolean aborted;
    private boolean finished;
    private boolean settled;

    Task(Session session, ScsiCommand command) {
        this.session = session;
        this.command = command;
        this.numbered = !command.immediate();
        this.unit = session.target().scsi().unit(command.lun()).orElse(null);
    }

    int tag() {
        return command.initiatorTaskTag();
    }

    /** The unit that the command was sent to; null if there was none. */
    @Nullable
    LogicalUnit unit() {
        return unit;
    }

    int lun() {
        return ScsiTarget.number(command.lun());
    }

    boolean ordered() {
        return command.attribute() == ORDERED;
    }

    boolean headOfQueue() {
        return command.attribute() == HEAD_OF_QUEUE;
    }

    boolean numbered() {
        return numbered;
    }

    /** May touch the unit from now on: no older command stands in the way. Called once. */
    abstract void start();

    /** Releases what the task holds; called once, after an abort, when nobody works for it. */
    abstract void discard();

    /** Announces work on another thread's behalf; false if the task was aborted and must be left alone. */
    protected final synchronized boolean enter() {
        if (aborted) {
            return false;
        }
        working++;
        return true;
    }

    protected final void leave() {
        boolean last;
        synchronized (this) {
            working--;
            last = aborted && working == 0;
        }
        if (last) {
            settle();
        }
    }

    protected final synchronized boolean isAborted() {
        return aborted;
    }

    /** Ends the command with a response, unless it was aborted. */
    protected final void respond(Outcome outcome, int dataSn, Residual residual) {
        Outgoing response = session.responder().response(lun(), tag(), outcome, dataSn, residual);
        List<Task> ready;
        synchronized (this) {
            if (aborted || finished) {
                return;
            }
            finished = true;
            ready = session.tasks().finish(this, () -> {
                session.traffic().answered();
                session.outbound().enqueue(response);
            });
        }
        ready.forEach(Task::start);
    }

    /** Ends the command with Data-In PDUs of which the last carries the status. */
    protected final void respondWithData(List<Outgoing> pdus) {
        boolean dropped;
        List<Task> ready = List.of();
        synchronized (this) {
            dropped = aborted || finished;
            if (!dropped) {
                finished = true;
                ready = session.tasks().finish(this, () -> {
                    session.traffic().answered();
                    pdus.forEach(session.outbound()::enqueue);
                });
            }
        }
        if (dropped) {
            pdus.forEach(Outgoing::release);
        } else {
            ready.forEach(Task::start);
        }
    }

    final void abort() {
        abort(() -> {});
    }

    /** No response will be sent any more. {@code whenQuiet} runs when the last thread has left, or now. */
    final void abort(Runnable whenQuiet) {
        boolean first;
        boolean now;
        synchronized (this) {
            first = !aborted && !finished;
            aborted |= first;
            now = finished || settled || first && working == 0;
            if (!now) {
                waiters.add(whenQuiet);
            }
        }
        if (first) {
            session.tasks().finish(this, () -> {}).forEach(Task::start);
            if (now) {
                settle();
            }
        }
        if (now) {
            whenQuiet.run();
        }
    }

    private void settle() {
        List<Runnable> waiting;
        synchronized (this) {
            settled = true;
            waiting = List.copyOf(waiters);
        }
        discard();
        waiting.forEach(Runnable::run);
    }
}
