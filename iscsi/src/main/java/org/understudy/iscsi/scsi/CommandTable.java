package org.understudy.iscsi.scsi;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All supported commands; the one place that knows them, for dispatch and for REPORT SUPPORTED OPERATION CODES. */
final class CommandTable {

    private static final Map<Integer, Operation> OPERATIONS = new HashMap<>();
    private static final List<Operation> IN_ORDER = new ArrayList<>();

    static {
        add("000000000000", Access.FREE, MediumCommands::testUnitReady);
        add("03010000ff00", Access.FREE, InquiryCommands::requestSense);
        add("081fffffff00", Access.READ, ReadCommands::read);
        add("0a1fffffff00", Access.WRITE, WriteCommands::write);
        add("1201ffffff00", Access.FREE, InquiryCommands::inquiry);
        add("15100000ff00", Access.WRITE, ModeCommands::modeSelect6);
        add("160000000000", Access.SELF_CHECKING, Spc2Reservation::reserve);
        add("170000000000", Access.SELF_CHECKING, Spc2Reservation::release);
        add("1a08ffffff00", Access.READ, ModeCommands::modeSense6);
        add("1b010000f300", Access.FREE, MediumCommands::startStop);
        add("1e0000000300", Access.READ, MediumCommands::preventAllow);
        add("25000000000000000000", Access.FREE, CapacityCommands::readCapacity10);
        add("28f8ffffffff1fffff00", Access.READ, ReadCommands::read);
        add("2af8ffffffff1fffff00", Access.WRITE, WriteCommands::write);
        add("2ef6ffffffff1fffff00", Access.WRITE, VerifyCommands::writeAndVerify);
        add("2ff6ffffffff1fffff00", Access.READ, VerifyCommands::verify);
        add("3402ffffffff1fffff00", Access.READ, ReadCommands::prefetch);
        add("3502ffffffff1fffff00", Access.WRITE, WriteCommands::synchronizeCache);
        add("37001f00000000ffff00", Access.READ, CapacityCommands::readDefectData10);
        add("41e0ffffffff1fffff00", Access.WRITE, ProvisioningCommands::writeSame10);
        add("4200000000001fffff00", Access.WRITE, ProvisioningCommands::unmap);
        add("55100000000000ffff00", Access.WRITE, ModeCommands::modeSelect10);
        add("5a18ffff000000ffff00", Access.READ, ModeCommands::modeSense10);
        for (int action = 0; action < 4; action++) {
            add(0x5e, action, "5e1f0000000000ffff00", Access.SELF_CHECKING, PersistentReservationCommands::in);
        }
        for (int action : PersistentReservationCommands.OUT_ACTIONS) {
            add(0x5f, action, "5f1fff0000ffffffff00", Access.SELF_CHECKING, PersistentReservationCommands::out);
        }
        add(0x83, 0x00, "831f0000000000000000ffffffff0000", Access.FREE, CopyCommands::extendedCopy);
        add(0x84, CopyCommands.COPY_STATUS, "841fff00000000000000ffffffff0000", Access.FREE, CopyCommands::copyStatus);
        add(
                0x84,
                CopyCommands.OPERATING_PARAMETERS,
                "841fff00000000000000ffffffff0000",
                Access.FREE,
                CopyCommands::operatingParameters);
        add("88f8ffffffffffffffffffffffff1f00", Access.READ, ReadCommands::read);
        add("89f8ffffffffffffffff000000ff1f00", Access.WRITE, VerifyCommands::compareAndWrite);
        add("8af8ffffffffffffffffffffffff1f00", Access.WRITE, WriteCommands::write);
        add("8bf8ffffffffffffffffffffffff1f00", Access.WRITE, VerifyCommands::orWrite);
        add("8ef6ffffffffffffffffffffffff1f00", Access.WRITE, VerifyCommands::writeAndVerify);
        add("8ff6ffffffffffffffffffffffff1f00", Access.READ, VerifyCommands::verify);
        add("9002ffffffffffffffffffffffff1f00", Access.READ, ReadCommands::prefetch);
        add("9102ffffffffffffffffffffffff1f00", Access.WRITE, WriteCommands::synchronizeCache);
        add("93e9ffffffffffffffffffffffff1f00", Access.WRITE, ProvisioningCommands::writeSame16);
        add(0x9e, 0x10, "9e1f0000000000000000ffffffff0000", Access.FREE, CapacityCommands::readCapacity16);
        add(0x9e, 0x12, "9e1fffffffffffffffffffffffff0000", Access.READ, ProvisioningCommands::getLbaStatus);
        add("a000ff000000ffffffff0000", Access.FREE, InquiryCommands::reportLuns);
        add(0xa3, 0x0c, "a31f87ffffffffffffff0000", Access.FREE, SupportCommands::reportSupportedOperationCodes);
        add(0xa3, 0x0d, "a31f80000000ffffffff0000", Access.FREE, SupportCommands::reportSupportedTaskManagement);
        add("a8f8ffffffffffffffff1f00", Access.READ, ReadCommands::read);
        add("aaf8ffffffffffffffff1f00", Access.WRITE, WriteCommands::write);
        add("aef6ffffffffffffffff1f00", Access.WRITE, VerifyCommands::writeAndVerify);
        add("aff6ffffffffffffffff1f00", Access.READ, VerifyCommands::verify);
        add("b71fffffffffffffffff0000", Access.READ, CapacityCommands::readDefectData12);
    }

    private CommandTable() {}

    /** The operation of a CDB; empty if the operation code is unknown. */
    static Optional<Operation> find(Cdb cdb) {
        Operation plain = OPERATIONS.get(key(cdb.opcode(), Operation.NO_SERVICE_ACTION));
        return Optional.ofNullable(plain != null ? plain : OPERATIONS.get(key(cdb.opcode(), cdb.serviceAction())));
    }

    static Optional<Operation> find(int opcode, int serviceAction) {
        return Optional.ofNullable(OPERATIONS.get(key(opcode, serviceAction)));
    }

    /** True if the operation code exists with service actions. */
    static boolean hasServiceActions(int opcode) {
        return IN_ORDER.stream().anyMatch(operation -> operation.opcode() == opcode && operation.hasServiceAction());
    }

    static List<Operation> all() {
        return List.copyOf(IN_ORDER);
    }

    private static void add(String usage, Access access, Operation.Handler handler) {
        int opcode = Integer.parseInt(usage.substring(0, 2), 16);
        add(opcode, Operation.NO_SERVICE_ACTION, usage, access, handler);
    }

    private static void add(int opcode, int serviceAction, String usage, Access access, Operation.Handler handler) {
        byte[] bits = HexFormat.of().parseHex(usage);
        Operation operation = new Operation(opcode, serviceAction, bits, access, handler);
        OPERATIONS.put(key(opcode, serviceAction), operation);
        IN_ORDER.add(operation);
    }

    private static int key(int opcode, int serviceAction) {
        return opcode << 8 | serviceAction & 0xff;
    }
}
