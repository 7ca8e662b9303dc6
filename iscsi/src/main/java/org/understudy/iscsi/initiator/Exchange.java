package org.understudy.iscsi.initiator;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.IscsiException;

/**
 * A SCSI command under way. Data buffers are duplicates: their owner's positions are not touched. Fields beyond the
 * components change under the lock of the link only.
 */
final class Exchange {

    private final String name;
    private final long lun;
    private final byte[] cdb;
    private final @Nullable ByteBuffer dataOut;
    private final @Nullable ByteBuffer dataIn;
    private final WhenLost whenLost;
    private final CompletableFuture<Integer> result = new CompletableFuture<>();
    Attempt attempt = new Attempt(0);
    int attempts;
    int resends;
    long firstSentNanos;

    /** One time that a command is given to a link. Changes under the lock of that link only. */
    static final class Attempt {
        final int tag;
        /** Threads that send it, or are about to: none may read {@code dataOut} after completion. */
        int senders = 1;
        /** What to do when they have done; set if the answer came before. */
        @Nullable
        Runnable completion;

        Attempt(int tag) {
            this.tag = tag;
        }
    }

    /** What becomes of a command whose connection was lost before its answer came. */
    enum WhenLost {
        /** It may be carried out twice: it is sent again. */
        SEND_AGAIN,
        /** Carried out twice it would give another outcome: it fails with {@link IscsiException.OutcomeUnknown}. */
        OUTCOME_UNKNOWN,
        /** It belongs to the connection and fails with it. */
        FAIL
    }

    private Exchange(
            String name,
            long lun,
            byte[] cdb,
            @Nullable ByteBuffer dataOut,
            @Nullable ByteBuffer dataIn,
            WhenLost whenLost) {
        this.name = name;
        this.lun = lun;
        this.cdb = cdb;
        this.dataOut = dataOut;
        this.dataIn = dataIn;
        this.whenLost = whenLost;
    }

    static Exchange withoutData(String name, long lun, byte[] cdb) {
        return new Exchange(name, lun, cdb, null, null, WhenLost.SEND_AGAIN);
    }

    static Exchange reading(String name, long lun, byte[] cdb, ByteBuffer target) {
        return new Exchange(name, lun, cdb, null, target, WhenLost.SEND_AGAIN);
    }

    static Exchange writing(String name, long lun, byte[] cdb, ByteBuffer source) {
        return new Exchange(name, lun, cdb, source, null, WhenLost.SEND_AGAIN);
    }

    /** The same command with another fate; for one that was not sent yet. */
    Exchange when(WhenLost fate) {
        return new Exchange(name, lun, cdb, dataOut, dataIn, fate);
    }

    WhenLost whenLost() {
        return whenLost;
    }

    String name() {
        return name;
    }

    long lun() {
        return lun;
    }

    byte[] cdb() {
        return cdb;
    }

    @Nullable
    ByteBuffer dataOut() {
        return dataOut;
    }

    @Nullable
    ByteBuffer dataIn() {
        return dataIn;
    }

    int expectedLength() {
        if (dataOut != null) {
            return dataOut.remaining();
        }
        return dataIn == null ? 0 : dataIn.remaining();
    }

    /** Completes with the number of bytes that were transferred, or an IscsiException. */
    CompletableFuture<Integer> result() {
        return result;
    }
}
