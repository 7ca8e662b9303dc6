package org.understudy.agent.linux.tracking;

import static org.understudy.agent.linux.bpf.Assembler.Register.R0;
import static org.understudy.agent.linux.bpf.Assembler.Register.R1;
import static org.understudy.agent.linux.bpf.Assembler.Register.R10;
import static org.understudy.agent.linux.bpf.Assembler.Register.R2;
import static org.understudy.agent.linux.bpf.Assembler.Register.R3;
import static org.understudy.agent.linux.bpf.Assembler.Register.R4;
import static org.understudy.agent.linux.bpf.Assembler.Register.R6;
import static org.understudy.agent.linux.bpf.Assembler.Register.R7;
import static org.understudy.agent.linux.bpf.Assembler.Register.R8;
import static org.understudy.agent.linux.bpf.Assembler.Register.R9;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.bpf.Assembler;
import org.understudy.agent.linux.bpf.Assembler.Atomic;
import org.understudy.agent.linux.bpf.Assembler.Function;
import org.understudy.agent.linux.bpf.Assembler.Operation;
import org.understudy.agent.linux.bpf.Assembler.Register;
import org.understudy.agent.linux.bpf.Assembler.Size;
import org.understudy.agent.linux.bpf.Assembler.Test;
import org.understudy.agent.linux.bpf.KernelObject;

/**
 * Writes the programs of one tracker. R6 holds the bio or request, R7 and R8 the range: first sector and number of sectors, later first
 * and last granule. The way through each program: range of the event, operation, device, marks.
 */
final class MarkingPrograms {

    /** Frame: key of an array lookup, operation, bio address, and what is remembered of it in the order of {@link BiosInFlight}. */
    private static final int KEY = -8;

    private static final int OPERATION = -16;
    private static final int BIO = -24;
    private static final int RANGE_TIME = -32;
    private static final int RANGE_BYTES = -40;
    private static final int RANGE_SECTOR = -48;

    /** How often a bio that was queued may have been cut, part of a part. */
    private static final int ANCESTORS = 4;

    private static final int OPERATION_BITS = 0xff;
    private static final int LAST_OPERATION = 63;
    private static final int SECTOR_SHIFT = 9;

    private final BlockLayout layout;
    private final TrackedDevice device;
    private final MarkLoop marks;
    private final KernelObject control;
    private final @Nullable KernelObject flight;

    /**
     * @param flight bios in flight, for devices that are not request-based; else null
     */
    MarkingPrograms(
            BlockLayout layout,
            TrackedDevice device,
            MapShape shape,
            KernelObject marks,
            KernelObject control,
            @Nullable KernelObject flight) {
        this.layout = layout;
        this.device = device;
        this.marks = new MarkLoop(device, shape, marks, control);
        this.control = control;
        this.flight = flight;
    }

    /** For {@code block_bio_queue}. */
    byte[] onQueue() {
        Assembler a = new Assembler();
        argument(a, R6, layout.bioQueued().argument("bio"));
        classify(a, R6, layout.bioOperation());
        checkDevice(a, R6, layout.bioDisk());
        a.load(Size.LONG, R7, R6, layout.bioSector());
        a.load(Size.INT, R8, R6, layout.bioBytes());
        actOnOperation(a);
        if (flight != null) {
            remember(a, flight);
        }
        a.compute(Operation.SHIFT_RIGHT, R8, SECTOR_SHIFT);
        marks.mark(a, Control.QUEUE_MARKS, "out");
        return end(a);
    }

    /** For {@code block_rq_complete}. */
    byte[] onRequestComplete() {
        Assembler a = new Assembler();
        argument(a, R6, layout.requestCompleted().argument("request"));
        argument(a, R8, layout.completedBytes());
        a.compute(Operation.SHIFT_LEFT, R8, 32).compute(Operation.SHIFT_RIGHT, R8, 32);
        a.load(Size.INT, R9, R6, layout.requestOperation());
        a.compute(Operation.AND, R9, OPERATION_BITS);
        a.jumpIf(R9, Test.EQUAL, layout.operations().commandIn(), "command");
        classify(a, R6, layout.requestOperation());
        checkDevice(a, R6, layout.requestDisk());
        a.load(Size.LONG, R7, R6, layout.requestSector());
        actOnOperation(a);
        a.compute(Operation.SHIFT_RIGHT, R8, SECTOR_SHIFT);
        marks.mark(a, Control.COMPLETE_MARKS, "out");
        a.label("command");
        a.load(Size.INT, R1, R6, layout.requestBytes()).jumpIf(R1, Test.NOT_EQUAL, 0, "out");
        checkDevice(a, R6, layout.requestDisk());
        count(a, Control.UNKNOWN_COMMANDS);
        return end(a);
    }

    /** For {@code block_bio_complete} of devices that are not request-based. */
    byte[] onBioComplete() {
        if (flight == null) {
            throw new IllegalStateException("there is no map of bios in flight");
        }
        Assembler a = new Assembler();
        argument(a, R6, layout.bioCompleted().argument("bio"));
        a.store(Size.LONG, R10, BIO, R6);
        a.map(R1, flight).move(R2, R10).compute(Operation.ADD, R2, BIO).call(Function.MAP_LOOKUP);
        a.jumpIf(R0, Test.EQUAL, 0, "unkeyed");
        a.load(Size.LONG, R7, R0, 0).load(Size.LONG, R8, R0, 8);
        a.map(R1, flight).move(R2, R10).compute(Operation.ADD, R2, BIO).call(Function.MAP_DELETE);
        a.compute(Operation.SHIFT_RIGHT, R8, SECTOR_SHIFT);
        marks.mark(a, Control.COMPLETE_MARKS, "out");
        // Not remembered: of another device, a read, a part of a bio that was split, or submitted before tracking
        // began.
        a.label("unkeyed");
        classify(a, R6, layout.bioOperation());
        checkDevice(a, R6, layout.bioDisk());
        // A part was never queued by itself. It names the bio that it was cut from (bio_chain), which ends after its
        // parts and is
        // remembered with the whole range.
        a.load(Size.LONG, R1, R6, layout.bioPrivate()).store(Size.LONG, R10, BIO, R1);
        for (int ancestor = 1; ; ancestor++) {
            a.map(R1, flight).move(R2, R10).compute(Operation.ADD, R2, BIO).call(Function.MAP_LOOKUP);
            a.jumpIf(R0, Test.NOT_EQUAL, 0, "out");
            if (ancestor == ANCESTORS) {
                break;
            }
            // Parts are cut again: md cuts at its limits and then at its chunks.
            a.load(Size.LONG, R3, R10, BIO).compute(Operation.ADD, R3, layout.bioPrivate());
            a.move(R1, R10).compute(Operation.ADD, R1, BIO).constant(R2, Long.BYTES);
            a.call(Function.PROBE_READ_KERNEL);
            a.jumpIf(R0, Test.NOT_EQUAL, 0, "stranger");
        }
        a.label("stranger");
        count(a, Control.UNKEYED);
        return end(a);
    }

    /** Arguments of tracing programs are 64-bit words of the context, which R1 points to at the start. */
    private static void argument(Assembler a, Register target, int position) {
        a.load(Size.LONG, target, R1, position * Long.BYTES);
    }

    /** Leaves if the operation changes nothing, else keeps its number in the frame. */
    private void classify(Assembler a, Register structure, int operationOffset) {
        a.load(Size.INT, R2, structure, operationOffset).compute(Operation.AND, R2, OPERATION_BITS);
        a.store(Size.LONG, R10, OPERATION, R2);
        a.jumpIf(R2, Test.GREATER, LAST_OPERATION, "changing");
        bit(a, R3, R2);
        a.constant(R4, layout.operations().marking() | layout.operations().passthrough());
        a.compute(Operation.AND, R4, R3).jumpIf(R4, Test.EQUAL, 0, "out");
        a.label("changing");
    }

    private static void bit(Assembler a, Register target, Register number) {
        a.constant(target, 1).compute(Operation.SHIFT_LEFT, target, number);
    }

    /** Counts operations whose place is not known, and goes on with those that name their range. */
    private void actOnOperation(Assembler a) {
        a.load(Size.LONG, R2, R10, OPERATION);
        a.jumpIf(R2, Test.GREATER, LAST_OPERATION, "passthrough");
        bit(a, R3, R2);
        a.constant(R4, layout.operations().marking());
        a.compute(Operation.AND, R4, R3).jumpIf(R4, Test.NOT_EQUAL, 0, "range");
        a.label("passthrough");
        count(a, Control.PASSTHROUGH);
        a.jump("out");
        a.label("range");
    }

    /** Leaves if the event is of another disk; no program has another one's disk in mind. */
    private void checkDevice(Assembler a, Register structure, List<Integer> path) {
        Register at = structure;
        for (int offset : path) {
            a.load(Size.LONG, R1, at, offset).jumpIf(R1, Test.EQUAL, 0, "out");
            at = R1;
        }
        a.load(Size.INT, R2, R1, layout.diskMajor())
                .jumpIf(R2, Test.NOT_EQUAL, device.disk().major(), "out");
        a.load(Size.INT, R2, R1, layout.diskMinor())
                .jumpIf(R2, Test.NOT_EQUAL, device.disk().minor(), "out");
    }

    /**
     * Keeps the range of a bio under its address, also an empty one, so that its completion is not taken for a stranger. If the address is
     * known, the bio that had it before has completed while the kernel skipped the program: its range is marked now, as its completion
     * would have done.
     */
    private void remember(Assembler a, KernelObject bios) {
        a.store(Size.LONG, R10, BIO, R6).store(Size.LONG, R10, RANGE_SECTOR, R7).store(Size.LONG, R10, RANGE_BYTES, R8);
        a.call(Function.KTIME_GET_NS).store(Size.LONG, R10, RANGE_TIME, R0);
        a.map(R1, bios).move(R2, R10).compute(Operation.ADD, R2, BIO).call(Function.MAP_LOOKUP);
        a.jumpIf(R0, Test.EQUAL, 0, "fresh");
        a.load(Size.LONG, R7, R0, 0).load(Size.LONG, R8, R0, 8);
        count(a, Control.REUSED);
        a.compute(Operation.SHIFT_RIGHT, R8, SECTOR_SHIFT);
        marks.mark(a, Control.COMPLETE_MARKS, "replaced");
        a.label("replaced").load(Size.LONG, R7, R10, RANGE_SECTOR).load(Size.LONG, R8, R10, RANGE_BYTES);
        a.label("fresh");
        a.map(R1, bios).move(R2, R10).compute(Operation.ADD, R2, BIO);
        a.move(R3, R10).compute(Operation.ADD, R3, RANGE_SECTOR).constant(R4, 0).call(Function.MAP_UPDATE);
        a.jumpIf(R0, Test.EQUAL, 0, "remembered");
        count(a, Control.OVERFLOW);
        a.label("remembered");
    }

    private void count(Assembler a, int counter) {
        a.mapValue(R1, control).constant(R2, 1).atomic(Atomic.ADD, R1, counter, R2);
    }

    private static byte[] end(Assembler a) {
        a.label("out").constant(R0, 0).exit();
        return a.code();
    }

    static int keySlot() {
        return KEY;
    }

    /** The lowest slot of the frame that is taken. */
    static int lastSlot() {
        return RANGE_SECTOR;
    }
}
