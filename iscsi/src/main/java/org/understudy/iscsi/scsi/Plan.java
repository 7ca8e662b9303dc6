package org.understudy.iscsi.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a command that was found valid wants from the transport. Whoever carries it out may block; only {@link Answer} is
 * final at once.
 */
public sealed interface Plan {

    /** Nothing more to do. */
    record Answer(Outcome outcome) implements Plan {}

    /** Call it on a worker; its outcome ends the command. */
    record Work(Action action) implements Plan {}

    /**
     * Send {@code length} bytes of the unit from {@code offset}, read piece by piece through {@code source}; then GOOD.
     */
    record Send(long offset, long length, Source source) implements Plan {}

    /**
     * Receive {@code length} bytes in order and give each piece to {@code sink}; then finish it. If the initiator announces
     * less, only that much is received and written.
     */
    record Receive(long length, Sink sink) implements Plan {}

    /**
     * Receive exactly {@code length} bytes, then call {@code action} with all of them. An initiator that announces another
     * length gets ILLEGAL REQUEST.
     */
    record Collect(int length, Collector collector) implements Plan {}

    /** Work of a command. */
    @FunctionalInterface
    interface Action {
        Outcome run() throws IOException, CheckCondition;
    }

    /** Reads a piece of the unit. */
    @FunctionalInterface
    interface Source {
        /** Fills {@code target} from byte {@code offset} of the unit. */
        void read(long offset, ByteBuffer target) throws IOException;
    }

    /** Takes data of a write. Pieces come in order and never at the same time. */
    interface Sink {
        /** Takes the bytes at {@code position} of the transfer. */
        void accept(long position, ByteBuffer data) throws IOException, CheckCondition;

        /** All pieces were taken. */
        Outcome finish() throws IOException, CheckCondition;
    }

    /** Takes the whole parameter data of a command. */
    @FunctionalInterface
    interface Collector {
        Outcome run(ByteBuffer data) throws IOException, CheckCondition;
    }
}
