package org.understudy.iscsi.target;

import java.io.IOException;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.TargetPdu.Reject;
import org.understudy.iscsi.scsi.Cdb;
import org.understudy.iscsi.scsi.LogicalUnit;
import org.understudy.iscsi.scsi.Outcome;
import org.understudy.iscsi.scsi.Plan;
import org.understudy.iscsi.scsi.ScsiStatus;
import org.understudy.iscsi.scsi.Sense;
import org.understudy.iscsi.scsi.SenseCode;

/** Turns SCSI commands and their data into tasks. Runs on the reader thread. */
final class CommandDispatch {

    private static final int DEFAULT_BLOCK_SIZE = 512;

    private final Session session;
    private final PduReader reader;

    CommandDispatch(Session session, PduReader reader) {
        this.session = session;
        this.reader = reader;
    }

    void command(ScsiCommand command, Header header) throws IOException {
        int immediateBytes = header.dataLength();
        checkData(command, immediateBytes);
        if (session.tasks().find(command.initiatorTaskTag()).isPresent()) {
            reader.skipData();
            reject(Reject.TASK_IN_PROGRESS, header);
            return;
        }
        if (command.immediate() && session.tasks().size() > 2 * session.window().size()) {
            reader.skipData();
            session.outbound().enqueue(Outgoing.of(new Reject(6), header.toArray()));
            return;
        }
        Task task = task(command);
        if (immediateBytes > 0 && task instanceof WriteTask write) {
            write.expectImmediateData(immediateBytes);
            session.tasks().add(write);
            write.immediateData(reader, immediateBytes);
            return;
        }
        reader.skipData();
        session.tasks().add(task);
    }

    private void checkData(ScsiCommand command, int immediateBytes) throws ProtocolViolation {
        boolean immediateAllowed = session.parameters().immediateData() && command.write();
        if (immediateBytes > 0 && !immediateAllowed) {
            throw new ProtocolViolation("immediate data that was not allowed");
        }
        if (!command.isFinal() && (session.parameters().initialR2t() || !command.write())) {
            throw new ProtocolViolation("unsolicited data that was not allowed");
        }
    }

    private Task task(ScsiCommand command) {
        Plan plan = session.target().scsi().prepare(session.nexus(), command.lun(), new Cdb(command.cdb()));
        if (plan instanceof Plan.Answer answer) {
            boolean hasData = command.write() && command.expectedLength() > 0;
            return hasData
                    ? WriteTask.refusing(session, command, answer.outcome())
                    : WorkTask.answer(session, command, answer.outcome());
        }
        if (plan instanceof Plan.Send send) {
            return new ReadTask(session, command, send, blockSize(command));
        }
        if (plan instanceof Plan.Receive receive) {
            return WriteTask.receiving(session, command, receive, blockSize(command));
        }
        if (plan instanceof Plan.Collect collect) {
            return collecting(command, collect);
        }
        if (plan instanceof Plan.Work work) {
            return WorkTask.work(session, command, work.action());
        }
        throw new IllegalStateException("no such plan: " + plan);
    }

    private Task collecting(ScsiCommand command, Plan.Collect plan) {
        if (!command.write() || command.expectedLength() != plan.length()) {
            Outcome wrongLength = Outcome.check(Sense.ILLEGAL_REQUEST, SenseCode.INVALID_FIELD_IN_CDB);
            return WriteTask.refusing(session, command, wrongLength);
        }
        long collecting = session.tasks().matching(WriteTask.class::isInstance).stream()
                .mapToLong(task -> ((WriteTask) task).collectingBytes())
                .sum();
        if (collecting + plan.length() > session.limits().connectionBufferBytes()) {
            return WriteTask.refusing(session, command, Outcome.status(ScsiStatus.TASK_SET_FULL));
        }
        return WriteTask.collecting(session, command, plan);
    }

    private int blockSize(ScsiCommand command) {
        return session.target()
                .scsi()
                .unit(command.lun())
                .map(LogicalUnit::device)
                .map(device -> device.blockSize())
                .orElse(DEFAULT_BLOCK_SIZE);
    }

    void dataOut(DataOut pdu, Header header) throws IOException {
        Task task = session.tasks().find(pdu.initiatorTaskTag()).orElse(null);
        if (task instanceof WriteTask write) {
            write.dataOut(pdu, reader, header.dataLength());
        } else {
            // Data of a command that was aborted meanwhile.
            reader.skipData();
        }
    }

    private void reject(int reason, Header header) {
        session.outbound().enqueue(Outgoing.of(new Reject(reason), header.toArray()));
    }
}
