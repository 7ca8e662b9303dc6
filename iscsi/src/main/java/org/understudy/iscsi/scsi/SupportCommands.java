package org.understudy.iscsi.scsi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** REPORT SUPPORTED OPERATION CODES and TASK MANAGEMENT FUNCTIONS (SPC-4 sections 6.34 and 6.35). */
final class SupportCommands {

    private static final int TIMEOUT_DESCRIPTOR_LENGTH = 12;

    private SupportCommands() {}

    static Plan reportSupportedOperationCodes(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        boolean timeouts = cdb.bit(2, 0x80);
        int option = cdb.u8(2) & 7;
        int opcode = cdb.u8(3);
        int action = cdb.u16(4);
        byte[] data =
                switch (option) {
                    case 0 -> all(timeouts);
                    case 1 -> {
                        if (CommandTable.hasServiceActions(opcode)) {
                            throw CheckCondition.invalidField();
                        }
                        yield one(opcode, Operation.NO_SERVICE_ACTION, timeouts);
                    }
                    case 2 -> {
                        if (CommandTable.find(opcode, Operation.NO_SERVICE_ACTION)
                                .isPresent()) {
                            throw CheckCondition.invalidField();
                        }
                        yield one(opcode, action, timeouts);
                    }
                    case 3 ->
                        one(
                                opcode,
                                CommandTable.hasServiceActions(opcode) ? action : Operation.NO_SERVICE_ACTION,
                                timeouts);
                    default -> throw CheckCondition.invalidField();
                };
        return CapacityCommands.answer(data, cdb.u32(6));
    }

    static Plan reportSupportedTaskManagement(LogicalUnit unit, Nexus nexus, Cdb cdb) {
        // ABORT TASK, ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT RESET, TARGET RESET
        return CapacityCommands.answer(new byte[] {(byte) 0xda, 0, 0, 0}, cdb.u32(6));
    }

    private static byte[] all(boolean timeouts) {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        for (Operation operation : CommandTable.all()) {
            ByteBuffer descriptor = ByteBuffer.allocate(8);
            descriptor.put((byte) operation.opcode()).put((byte) 0);
            descriptor.putShort((short) Math.max(0, operation.serviceAction())).put((byte) 0);
            descriptor.put((byte) ((timeouts ? 2 : 0) | (operation.hasServiceAction() ? 1 : 0)));
            descriptor.putShort((short) operation.usage().length);
            list.writeBytes(descriptor.array());
            if (timeouts) {
                list.writeBytes(timeoutDescriptor());
            }
        }
        byte[] body = list.toByteArray();
        return ByteBuffer.allocate(4 + body.length)
                .putInt(body.length)
                .put(body)
                .array();
    }

    private static byte[] one(int opcode, int action, boolean timeouts) {
        byte[] usage = CommandTable.find(opcode, action).map(Operation::usage).orElse(new byte[0]);
        boolean supported = usage.length > 0;
        ByteBuffer data =
                ByteBuffer.allocate(4 + usage.length + (timeouts && supported ? TIMEOUT_DESCRIPTOR_LENGTH : 0));
        data.put((byte) 0).put((byte) ((timeouts && supported ? 0x80 : 0) | (supported ? 3 : 1)));
        data.putShort((short) usage.length).put(usage);
        if (supported && action != Operation.NO_SERVICE_ACTION) {
            // the service action itself stands in its field
            data.put(5, (byte) (usage[1] & 0xe0 | action));
        }
        if (timeouts && supported) {
            data.put(timeoutDescriptor());
        }
        return data.array();
    }

    private static byte[] timeoutDescriptor() {
        // No nominal and no recommended time is given.
        return ByteBuffer.allocate(TIMEOUT_DESCRIPTOR_LENGTH)
                .putShort((short) (TIMEOUT_DESCRIPTOR_LENGTH - 2))
                .array();
    }
}
