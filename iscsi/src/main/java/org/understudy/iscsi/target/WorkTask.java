package org.understudy.iscsi.target;

import java.io.IOException;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.TargetPdu.Residual;
import org.understudy.iscsi.scsi.CheckCondition;
import org.understudy.iscsi.scsi.LogicalUnit;
import org.understudy.iscsi.scsi.Outcome;
import org.understudy.iscsi.scsi.Plan;
import org.understudy.iscsi.scsi.Sense;
import org.understudy.iscsi.scsi.SenseCode;

/** A command without data from the initiator and with little or none for it. */
final class WorkTask extends Task {

    private final Plan.Action action;
    private final boolean quick;

    private WorkTask(Session session, ScsiCommand command, Plan.Action action, boolean quick) {
        super(session, command);
        this.action = action;
        this.quick = quick;
    }

    /** A command whose outcome is known. */
    static WorkTask answer(Session session, ScsiCommand command, Outcome outcome) {
        return new WorkTask(session, command, () -> outcome, true);
    }

    /** A command whose work may block. */
    static WorkTask work(Session session, ScsiCommand command, Plan.Action action) {
        return new WorkTask(session, command, action, false);
    }

    @Override
    void start() {
        if (quick) {
            run();
        } else {
            session.executor().execute(this::run);
        }
    }

    @Override
    void discard() {
        // holds nothing
    }

    private void run() {
        if (!enter()) {
            return;
        }
        try {
            answer(perform());
        } finally {
            leave();
        }
        if (!quick) {
            session.outbound().drain();
        }
    }

    private Outcome perform() {
        try {
            return action.run();
        } catch (CheckCondition e) {
            return e.outcome();
        } catch (IOException e) {
            session.deviceFailed(command, e);
            return LogicalUnit.failure(e, !command.read());
        } catch (IndexOutOfBoundsException e) {
            session.deviceFailed(command, new IOException("the device has become smaller meanwhile", e));
            return Outcome.check(Sense.ILLEGAL_REQUEST, SenseCode.LBA_OUT_OF_RANGE);
        }
    }

    private void answer(Outcome outcome) {
        byte[] data = outcome.data();
        long expected = command.read() ? command.expectedLength() : 0;
        int length = (int) Math.min(data.length, expected);
        Residual residual = Residual.between(command.read() ? expected : command.expectedLength(), data.length);
        if (length == 0) {
            respond(outcome, 0, residual);
        } else {
            respondWithData(session.responder().dataIn(tag(), data, length, residual));
        }
    }
}
