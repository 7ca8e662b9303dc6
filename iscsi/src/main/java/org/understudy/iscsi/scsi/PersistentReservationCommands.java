package org.understudy.iscsi.scsi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/** PERSISTENT RESERVE IN and OUT (SPC-4 sections 6.15 and 6.16). */
final class PersistentReservationCommands {

    private static final int REGISTER = 0;
    private static final int RESERVE = 1;
    private static final int RELEASE = 2;
    private static final int CLEAR = 3;
    private static final int PREEMPT = 4;
    private static final int PREEMPT_AND_ABORT = 5;
    private static final int REGISTER_AND_IGNORE = 6;

    /** Supported service actions of PERSISTENT RESERVE OUT. */
    static final int[] OUT_ACTIONS = {REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT_AND_ABORT, REGISTER_AND_IGNORE
    };

    private static final int PARAMETER_LENGTH = 24;

    private PersistentReservationCommands() {}

    static Plan in(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        PersistentReservations.Snapshot state = unit.persistentReservations().snapshot();
        byte[] data =
                switch (cdb.serviceAction()) {
                    case 0 -> keys(state);
                    case 1 -> reservation(state);
                    case 2 -> capabilities();
                    case 3 -> fullStatus(state);
                    default -> throw CheckCondition.invalidField();
                };
        return CapacityCommands.answer(data, cdb.u16(7));
    }

    private static byte[] keys(PersistentReservations.Snapshot state) {
        int length = 8 * state.registrations().size();
        ByteBuffer data = ByteBuffer.allocate(8 + length);
        data.putInt(state.generation()).putInt(length);
        state.registrations().values().forEach(data::putLong);
        return data.array();
    }

    private static byte[] reservation(PersistentReservations.Snapshot state) {
        if (state.type() == 0) {
            return ByteBuffer.allocate(8).putInt(state.generation()).array();
        }
        ByteBuffer data = ByteBuffer.allocate(24);
        data.putInt(state.generation()).putInt(16).putLong(state.reservationKey());
        data.put(21, (byte) state.type());
        return data.array();
    }

    private static byte[] capabilities() {
        ByteBuffer data = ByteBuffer.allocate(8);
        data.putShort((short) 8);
        // TMV: the type mask is valid. No CRH, SIP_C, ATP_C, PTPL_C.
        data.put(3, (byte) 0x80);
        // WR_EX_AR, EX_AC_RO, WR_EX_RO, EX_AC, WR_EX; EX_AC_AR
        data.put(4, (byte) 0xea).put(5, (byte) 0x01);
        return data.array();
    }

    private static byte[] fullStatus(PersistentReservations.Snapshot state) {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        for (Map.Entry<Nexus, Long> entry : state.registrations().entrySet()) {
            byte[] transportId = entry.getKey().transportId();
            boolean holds = state.isHolder(entry.getKey());
            ByteBuffer descriptor = ByteBuffer.allocate(24);
            descriptor.putLong(entry.getValue());
            descriptor.put(12, (byte) (holds ? 1 : 0)).put(13, (byte) (holds ? state.type() : 0));
            descriptor.putShort(18, (short) 1).putInt(20, transportId.length);
            list.writeBytes(descriptor.array());
            list.writeBytes(transportId);
        }
        byte[] body = list.toByteArray();
        return ByteBuffer.allocate(8 + body.length)
                .putInt(state.generation())
                .putInt(body.length)
                .put(body)
                .array();
    }

    static Plan out(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        if (unit.reservation().isHeld()) {
            throw CheckCondition.reservationConflict();
        }
        int action = cdb.serviceAction();
        int type = cdb.u8(2) & 0x0f;
        boolean usesType = action == RESERVE || action == RELEASE || action == PREEMPT || action == PREEMPT_AND_ABORT;
        if (usesType && (cdb.u8(2) >> 4 != 0 || !PersistentReservations.isValidType(type))) {
            throw CheckCondition.invalidField();
        }
        if (cdb.u32(5) != PARAMETER_LENGTH) {
            throw CheckCondition.illegal(SenseCode.PARAMETER_LIST_LENGTH_ERROR);
        }
        return new Plan.Collect(PARAMETER_LENGTH, data -> {
            change(unit, nexus, action, type, data.slice());
            return Outcome.GOOD;
        });
    }

    private static void change(LogicalUnit unit, Nexus nexus, int action, int type, ByteBuffer data)
            throws CheckCondition {
        long key = data.getLong(0);
        long actionKey = data.getLong(8);
        // SPEC_I_PT, ALL_TG_PT and APTPL need capabilities that are not reported.
        boolean special = (data.get(20) & 0x0d) != 0;
        if (special && (action == REGISTER || action == REGISTER_AND_IGNORE)) {
            throw CheckCondition.illegal(SenseCode.INVALID_FIELD_IN_PARAMETER_LIST);
        }
        PersistentReservations reservations = unit.persistentReservations();
        switch (action) {
            case REGISTER -> reservations.register(nexus, key, actionKey, false);
            case REGISTER_AND_IGNORE -> reservations.register(nexus, key, actionKey, true);
            case RESERVE -> reservations.reserve(nexus, key, type);
            case RELEASE -> reservations.release(nexus, key, type);
            case CLEAR -> reservations.clear(nexus, key);
            case PREEMPT -> reservations.preempt(nexus, key, actionKey, type);
            case PREEMPT_AND_ABORT -> {
                List<Nexus> victims = reservations.preempt(nexus, key, actionKey, type);
                victims.forEach(unit::abortTasks);
            }
            default -> throw CheckCondition.invalidField();
        }
    }
}
