package org.understudy.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The logical units of one target, found by the LUN field of a command. Thread-safe. */
public final class ScsiTarget {

    private volatile Map<Integer, LogicalUnit> units;

    public ScsiTarget(Collection<LogicalUnit> units) {
        this.units = byNumber(units);
    }

    private Map<Integer, LogicalUnit> byNumber(Collection<LogicalUnit> all) {
        Map<Integer, LogicalUnit> byNumber = new TreeMap<>();
        for (LogicalUnit unit : all) {
            byNumber.put(unit.number(), unit);
            unit.useSiblings(this::unit);
        }
        return byNumber;
    }

    /**
     * Other units from now on; those that stay are given again. If anything changed, every nexus is told by a unit attention.
     *
     * @param nexuses those that are established
     */
    public synchronized void replaceUnits(Collection<LogicalUnit> newUnits, Collection<Nexus> nexuses) {
        Map<Integer, LogicalUnit> before = units;
        Map<Integer, LogicalUnit> after = byNumber(newUnits);
        if (before.equals(after)) {
            return;
        }
        for (LogicalUnit unit : after.values()) {
            if (before.containsValue(unit)) {
                unit.lunsChanged();
            } else {
                nexuses.forEach(unit::joined);
            }
        }
        units = after;
    }

    public List<LogicalUnit> units() {
        return List.copyOf(units.values());
    }

    /** The unit that an eight byte LUN field names, in peripheral or flat addressing. */
    public Optional<LogicalUnit> unit(long lunField) {
        return Optional.ofNullable(units.get(number(lunField)));
    }

    private Optional<LogicalUnit> unit(byte[] designator) {
        return units.values().stream()
                .filter(unit -> VitalProductData.hasDesignator(unit, designator))
                .findFirst();
    }

    /** Number in a LUN field; -1 for anything but a single-level address. */
    public static int number(long lunField) {
        int method = (int) (lunField >>> 62);
        boolean singleLevel = (lunField & 0x0000ffffffffffffL) == 0;
        int bits = (int) (lunField >>> 48) & 0x3fff;
        return switch (method) {
            case 0 -> singleLevel && bits < 256 ? bits : -1;
            case 1 -> singleLevel ? bits : -1;
            default -> -1;
        };
    }

    /** LUN field of a number: peripheral addressing below 256, flat above. */
    public static long field(int number) {
        long bits = number < 256 ? number : 0x4000 | number;
        return bits << 48;
    }

    /** Checks a command and says how to carry it out. Does not block. */
    public Plan prepare(Nexus nexus, long lunField, Cdb cdb) {
        if (cdb.opcode() == 0xa0) {
            return reportLuns(nexus, cdb);
        }
        Optional<LogicalUnit> unit = unit(lunField);
        if (unit.isPresent()) {
            return unit.get().prepare(nexus, cdb);
        }
        if (cdb.opcode() == 0x12 && (cdb.u8(1) & 1) == 0) {
            return CapacityCommands.answer(InquiryCommands.absentUnit(), cdb.u16(3));
        }
        if (cdb.opcode() == 0x03) {
            Sense sense = Sense.of(Sense.ILLEGAL_REQUEST, SenseCode.LOGICAL_UNIT_NOT_SUPPORTED);
            return CapacityCommands.answer(sense.fixedFormat(), cdb.u8(4));
        }
        return new Plan.Answer(Outcome.check(Sense.ILLEGAL_REQUEST, SenseCode.LOGICAL_UNIT_NOT_SUPPORTED));
    }

    private Plan reportLuns(Nexus nexus, Cdb cdb) {
        int select = cdb.u8(2);
        if (select > 2 || cdb.u32(6) < 16) {
            return new Plan.Answer(Outcome.check(Sense.ILLEGAL_REQUEST, SenseCode.INVALID_FIELD_IN_CDB));
        }
        Map<Integer, LogicalUnit> present = units;
        present.values().forEach(unit -> unit.lunsReported(nexus));
        // SELECT REPORT 1 asks for well known units only; there are none.
        int count = select == 1 ? 0 : present.size();
        ByteBuffer data = ByteBuffer.allocate(8 + 8 * count);
        data.putInt(8 * count).putInt(0);
        if (count > 0) {
            present.keySet().forEach(number -> data.putLong(field(number)));
        }
        return CapacityCommands.answer(data.array(), cdb.u32(6));
    }

    public void nexusEstablished(Nexus nexus) {
        units.values().forEach(unit -> unit.nexusEstablished(nexus));
    }

    public void nexusLost(Nexus nexus) {
        units.values().forEach(unit -> unit.nexusLost(nexus));
    }

    /** Target reset: every unit. */
    public void reset() {
        units.values().forEach(unit -> unit.reset(SenseCode.POWER_ON_RESET));
    }
}
