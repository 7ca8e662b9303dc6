package org.understudy.iscsi.target;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.TargetPdu.DataIn;
import org.understudy.iscsi.pdu.TargetPdu.Residual;
import org.understudy.iscsi.pdu.TargetPdu.ScsiResponse;
import org.understudy.iscsi.scsi.Outcome;
import org.understudy.iscsi.scsi.ScsiStatus;
import org.understudy.iscsi.scsi.Sense;

/** Makes the answers of a session; sends nothing by itself. */
final class Responder {

    private final SendLimit sendLimit;
    private final java.util.function.IntPredicate descriptorSense;

    /**
     * @param sendLimit longest data segment that the peer takes
     * @param descriptorSense tells for a LUN whether sense data is to be in descriptor format
     */
    Responder(SendLimit sendLimit, java.util.function.IntPredicate descriptorSense) {
        this.sendLimit = sendLimit;
        this.descriptorSense = descriptorSense;
    }

    Outgoing response(int lun, int tag, Outcome outcome, int dataSn, Residual residual) {
        ScsiResponse response = new ScsiResponse(tag, 0, outcome.status(), dataSn, residual);
        return new Outgoing(response, senseSegment(lun, outcome.sense()), null);
    }

    private @Nullable ByteBuffer senseSegment(int lun, @Nullable Sense sense) {
        if (sense == null) {
            return null;
        }
        byte[] bytes = lun >= 0 && descriptorSense.test(lun) ? sense.descriptorFormat() : sense.fixedFormat();
        return ByteBuffer.allocate(2 + bytes.length)
                .putShort((short) bytes.length)
                .put(bytes)
                .flip();
    }

    /** The first {@code length} bytes of small data as Data-In PDUs, the last with status GOOD. */
    List<Outgoing> dataIn(int tag, byte[] data, int length, Residual residual) {
        List<Outgoing> pdus = new ArrayList<>();
        int dataSn = 0;
        int segmentBytes = sendLimit.bytes();
        for (int offset = 0; offset < length; offset += segmentBytes) {
            int part = Math.min(segmentBytes, length - offset);
            boolean last = offset + part == length;
            DataIn pdu = new DataIn(
                    last, last, ScsiStatus.GOOD, tag, Header.NO_TAG, dataSn++, offset, last ? residual : Residual.NONE);
            pdus.add(new Outgoing(pdu, ByteBuffer.wrap(data, offset, part).slice(), null));
        }
        return pdus;
    }
}
