package org.understudy.agent.linux.tracking;

import static org.understudy.agent.linux.bpf.Assembler.Register.R0;
import static org.understudy.agent.linux.bpf.Assembler.Register.R1;
import static org.understudy.agent.linux.bpf.Assembler.Register.R10;
import static org.understudy.agent.linux.bpf.Assembler.Register.R2;
import static org.understudy.agent.linux.bpf.Assembler.Register.R3;
import static org.understudy.agent.linux.bpf.Assembler.Register.R6;
import static org.understudy.agent.linux.bpf.Assembler.Register.R7;
import static org.understudy.agent.linux.bpf.Assembler.Register.R8;
import static org.understudy.agent.linux.bpf.Assembler.Register.R9;

import org.understudy.agent.linux.bpf.Assembler;
import org.understudy.agent.linux.bpf.Assembler.Atomic;
import org.understudy.agent.linux.bpf.Assembler.Function;
import org.understudy.agent.linux.bpf.Assembler.Operation;
import org.understudy.agent.linux.bpf.Assembler.Size;
import org.understudy.agent.linux.bpf.Assembler.Test;
import org.understudy.agent.linux.bpf.KernelObject;

/**
 * The part of the programs that sets marks for a range. It ends at a label that the program has to set; its own labels begin with that one, so
 * that a program may hold it twice. R6 to R9 are used up. Not thread-safe.
 */
final class MarkLoop {

    private static final int KEY = MarkingPrograms.keySlot();
    private static final int BASE = MarkingPrograms.lastSlot() - 8;
    private static final int MASK = MarkingPrograms.lastSlot() - 16;

    /** Turns of the loop: 264 words, or 2000 bytes, so that a bio of 4 GiB fits into coarse marks, and old verifiers bear it. */
    private static final int WORD_TURNS = 264;

    private static final int BYTE_TURNS = 2000;

    private final TrackedDevice device;
    private final MapShape shape;
    private final KernelObject marks;
    private final KernelObject control;
    private String end = "";

    MarkLoop(TrackedDevice device, MapShape shape, KernelObject marks, KernelObject control) {
        this.device = device;
        this.shape = shape;
        this.marks = marks;
        this.control = control;
    }

    /**
     * Marks R8 sectors from sector R7 of the disk on and counts that.
     *
     * @param then label where the program goes on
     */
    void mark(Assembler a, int counter, String then) {
        end = then;
        a.jumpIf(R8, Test.EQUAL, 0, end);
        // From here on R8 is the last sector.
        a.compute(Operation.ADD, R8, R7).compute(Operation.ADD, R8, -1);
        if (device.partition()) {
            clip(a);
        }
        a.mapValue(R1, control).constant(R2, 1).atomic(Atomic.ADD, R1, counter, R2);
        a.load(Size.LONG, R9, R1, Control.BASE);
        a.compute(Operation.SHIFT_RIGHT, R7, shape.sectorShift())
                .compute(Operation.SHIFT_RIGHT, R8, shape.sectorShift());
        // A whole disk may have grown: beyond the fine marks begin the coarse ones, so the end must be looked at.
        a.constant(R1, shape.fine()).jumpIf(R8, Test.GREATER_OR_EQUAL, R1, own("over"));
        a.move(R1, R8).compute(Operation.SUBTRACT, R1, R7);
        int fits = shape.form() == MarkForm.BITS ? (WORD_TURNS - 1) * Long.SIZE : BYTE_TURNS;
        a.jumpIf(R1, Test.LESS, fits, own("fine"));
        a.compute(Operation.SHIFT_RIGHT, R7, 6).compute(Operation.SHIFT_RIGHT, R8, 6);
        a.constant(R1, shape.fine()).compute(Operation.ADD, R9, R1);
        a.label(own("fine"));
        a.store(Size.LONG, R10, BASE, R9);
        if (shape.form() == MarkForm.BITS) {
            words(a);
        } else {
            bytes(a);
        }
        a.label(own("over"));
        a.mapValue(R1, control).constant(R2, 1).atomic(Atomic.ADD, R1, Control.OVERFLOW, R2);
        a.jump(end);
    }

    /** Cuts the range to the partition and makes it relative to its start. */
    private void clip(Assembler a) {
        a.constant(R1, device.startSector());
        a.jumpIf(R8, Test.LESS, R1, end).jumpIf(R7, Test.GREATER_OR_EQUAL, R1, own("inside"));
        a.move(R7, R1);
        a.label(own("inside"));
        a.compute(Operation.SUBTRACT, R7, R1).compute(Operation.SUBTRACT, R8, R1);
        a.constant(R1, device.sectors() - 1);
        a.jumpIf(R7, Test.GREATER, R1, end).jumpIf(R8, Test.LESS_OR_EQUAL, R1, own("fits"));
        a.move(R8, R1);
        a.label(own("fits"));
    }

    /** One turn for each word of 64 marks; R9 is the word, R6 counts the turns. */
    private void words(Assembler a) {
        a.move(R9, R7).compute(Operation.SHIFT_RIGHT, R9, 6).constant(R6, 0);
        a.label(own("turn"));
        a.constant(R2, -1);
        a.move(R1, R7).compute(Operation.SHIFT_RIGHT, R1, 6).jumpIf(R1, Test.NOT_EQUAL, R9, own("notFirst"));
        a.move(R1, R7).compute(Operation.AND, R1, 63).compute(Operation.SHIFT_LEFT, R2, R1);
        a.label(own("notFirst"));
        a.move(R1, R8).compute(Operation.SHIFT_RIGHT, R1, 6).jumpIf(R1, Test.NOT_EQUAL, R9, own("notLast"));
        a.move(R3, R8).compute(Operation.AND, R3, 63).constant(R1, 63).compute(Operation.SUBTRACT, R1, R3);
        a.compute(Operation.AND, R1, 63).constant(R3, -1).compute(Operation.SHIFT_RIGHT, R3, R1);
        a.compute(Operation.AND, R2, R3);
        a.label(own("notLast"));
        a.store(Size.LONG, R10, MASK, R2);
        a.load(Size.LONG, R1, R10, BASE).compute(Operation.SHIFT_RIGHT, R1, 6).compute(Operation.ADD, R1, R9);
        lookUp(a);
        a.load(Size.LONG, R2, R10, MASK).load(Size.LONG, R1, R0, 0).compute(Operation.AND, R1, R2);
        a.jumpIf(R1, Test.EQUAL, R2, own("set"));
        a.atomic(Atomic.OR, R0, 0, R2);
        a.label(own("set"));
        a.compute(Operation.ADD, R9, 1).move(R1, R8).compute(Operation.SHIFT_RIGHT, R1, 6);
        a.jumpIf(R9, Test.GREATER, R1, end);
        a.compute(Operation.ADD, R6, 1).jumpIf(R6, Test.LESS, WORD_TURNS, own("turn"));
    }

    /** One turn for each mark; R9 is the granule. */
    private void bytes(Assembler a) {
        a.move(R9, R7).constant(R6, 0);
        a.label(own("turn"));
        a.load(Size.LONG, R1, R10, BASE).compute(Operation.ADD, R1, R9).compute(Operation.SHIFT_RIGHT, R1, 12);
        lookUp(a);
        // Halves begin at whole entries, so the base does not matter here.
        a.move(R1, R9).compute(Operation.AND, R1, 4095).compute(Operation.ADD, R0, R1);
        a.storeConstant(Size.BYTE, R0, 0, 1);
        a.compute(Operation.ADD, R9, 1).jumpIf(R9, Test.GREATER, R8, end);
        a.compute(Operation.ADD, R6, 1).jumpIf(R6, Test.LESS, BYTE_TURNS, own("turn"));
    }

    private String own(String label) {
        return end + "." + label;
    }

    /** Address of entry R1 of the marks in R0. */
    private void lookUp(Assembler a) {
        a.store(Size.INT, R10, KEY, R1);
        a.map(R1, marks).move(R2, R10).compute(Operation.ADD, R2, KEY).call(Function.MAP_LOOKUP);
        a.jumpIf(R0, Test.EQUAL, 0, own("over"));
    }
}
