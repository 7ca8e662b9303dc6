package org.understudy.agent.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes eBPF instructions; jumps go to labels, which may be set later. Encoding as in
 * {@code Documentation/bpf/standardization/instruction-set.rst}. Not thread-safe.
 */
public final class Assembler {

    static final int INSTRUCTION_BYTES = 8;
    private static final int MOST_INSTRUCTIONS = 4096;

    private final ByteBuffer code =
            ByteBuffer.allocate(MOST_INSTRUCTIONS * INSTRUCTION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final Map<String, Integer> labels = new HashMap<>();
    private final Map<Integer, String> jumps = new LinkedHashMap<>();

    /** R0 result, R1 to R5 arguments (lost in calls), R6 to R9 kept, R10 frame. */
    public enum Register {
        R0,
        R1,
        R2,
        R3,
        R4,
        R5,
        R6,
        R7,
        R8,
        R9,
        R10
    }

    /** Bytes of a load or store. */
    public enum Size {
        BYTE(0x10),
        INT(0x00),
        LONG(0x18);

        private final int bits;

        Size(int bits) {
            this.bits = bits;
        }
    }

    /** Arithmetic on 64 bits. */
    public enum Operation {
        ADD(0x00),
        SUBTRACT(0x10),
        AND(0x50),
        SHIFT_LEFT(0x60),
        SHIFT_RIGHT(0x70);

        private final int bits;

        Operation(int bits) {
            this.bits = bits;
        }
    }

    /** Unsigned comparisons on 64 bits. */
    public enum Test {
        EQUAL(0x10),
        GREATER(0x20),
        GREATER_OR_EQUAL(0x30),
        ANY_BIT(0x40),
        NOT_EQUAL(0x50),
        LESS(0xa0),
        LESS_OR_EQUAL(0xb0);

        private final int bits;

        Test(int bits) {
            this.bits = bits;
        }
    }

    /** Read-modify-write; {@link #OR} needs Linux 5.12. */
    public enum Atomic {
        ADD(0x00),
        OR(0x40);

        private final int immediate;

        Atomic(int immediate) {
            this.immediate = immediate;
        }
    }

    /** Functions of the kernel, {@code enum bpf_func_id}. */
    public enum Function {
        MAP_LOOKUP(1),
        MAP_UPDATE(2),
        MAP_DELETE(3),
        KTIME_GET_NS(5),

        /** Reads memory that may not be there, since kernel 5.5. */
        PROBE_READ_KERNEL(113);

        private final int number;

        Function(int number) {
            this.number = number;
        }
    }

    private Assembler put(int opcode, int target, int source, int offset, int immediate) {
        code.put((byte) opcode)
                .put((byte) (target | source << 4))
                .putShort((short) offset)
                .putInt(immediate);
        return this;
    }

    public Assembler move(Register target, Register source) {
        return put(0xbf, target.ordinal(), source.ordinal(), 0, 0);
    }

    /** A constant of any size. */
    public Assembler constant(Register target, long value) {
        if (value == (int) value) {
            return put(0xb7, target.ordinal(), 0, 0, (int) value);
        }
        put(0x18, target.ordinal(), 0, 0, (int) value);
        return put(0, 0, 0, 0, (int) (value >>> 32));
    }

    /** The map itself, for a function of the kernel. */
    public Assembler map(Register target, KernelObject map) {
        put(0x18, target.ordinal(), 1, 0, map.fd());
        return put(0, 0, 0, 0, 0);
    }

    /** Address of the first value of an array map. */
    public Assembler mapValue(Register target, KernelObject map) {
        put(0x18, target.ordinal(), 2, 0, map.fd());
        return put(0, 0, 0, 0, 0);
    }

    public Assembler load(Size size, Register target, Register base, int offset) {
        return put(0x61 | size.bits, target.ordinal(), base.ordinal(), offset, 0);
    }

    public Assembler store(Size size, Register base, int offset, Register source) {
        return put(0x63 | size.bits, base.ordinal(), source.ordinal(), offset, 0);
    }

    public Assembler storeConstant(Size size, Register base, int offset, int value) {
        return put(0x62 | size.bits, base.ordinal(), 0, offset, value);
    }

    public Assembler compute(Operation operation, Register target, Register source) {
        return put(0x0f | operation.bits, target.ordinal(), source.ordinal(), 0, 0);
    }

    public Assembler compute(Operation operation, Register target, int value) {
        return put(0x07 | operation.bits, target.ordinal(), 0, 0, value);
    }

    public Assembler atomic(Atomic operation, Register base, int offset, Register source) {
        return put(0xdb, base.ordinal(), source.ordinal(), offset, operation.immediate);
    }

    public Assembler jump(String label) {
        return jumpTo(label, 0x05, 0, 0, 0);
    }

    public Assembler jumpIf(Register left, Test test, Register right, String label) {
        return jumpTo(label, 0x0d | test.bits, left.ordinal(), right.ordinal(), 0);
    }

    public Assembler jumpIf(Register left, Test test, int right, String label) {
        return jumpTo(label, 0x05 | test.bits, left.ordinal(), 0, right);
    }

    private Assembler jumpTo(String label, int opcode, int target, int source, int immediate) {
        jumps.put(position(), label);
        return put(opcode, target, source, 0, immediate);
    }

    public Assembler call(Function function) {
        return put(0x85, 0, 0, 0, function.number);
    }

    public Assembler exit() {
        return put(0x95, 0, 0, 0, 0);
    }

    /** Names the next instruction. */
    public Assembler label(String name) {
        if (labels.put(name, position()) != null) {
            throw new IllegalStateException("the label " + name + " is set twice");
        }
        return this;
    }

    private int position() {
        return code.position() / INSTRUCTION_BYTES;
    }

    /** The finished program. */
    public byte[] code() {
        jumps.forEach((at, label) -> {
            Integer target = labels.get(label);
            if (target == null) {
                throw new IllegalStateException("there is no label " + label);
            }
            int distance = target - at - 1;
            if (distance != (short) distance) {
                throw new IllegalStateException("the label " + label + " is too far away");
            }
            code.putShort(at * INSTRUCTION_BYTES + 2, (short) distance);
        });
        return Arrays.copyOf(code.array(), code.position());
    }
}
