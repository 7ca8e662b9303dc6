package org.understudy.iscsi.initiator;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.CommandFailed;
import org.understudy.iscsi.scsi.ScsiTarget;

/**
 * Makes ranges of a unit read as zeros, with what the unit says that it can do and within the limits that it names. What it then
 * refuses all the same is done the next best way from there on. Thread-safe. Source: SBC-3, block limits (VPD 0xB0) and
 * logical block provisioning (VPD 0xB2).
 */
final class Zeroing {

    private static final int BLOCK_LIMITS = 0xb0;
    private static final int PROVISIONING = 0xb2;
    /** In the block limits: longest WRITE SAME in blocks, 0 for no limit. */
    private static final int MAX_WRITE_SAME = 36;

    private static final int FLAGS = 5;
    private static final int LBPWS = 0x40;

    private static final long MOST_BYTES = 256 << 20;
    private static final int WRITE_BYTES = 1 << 20;
    private static final int AHEAD = 16;

    private final Unit.Sender sender;
    private final int lun;
    private final int blockSize;
    private final long mostBytes;
    private volatile ZeroMode mode;

    private Zeroing(Unit.Sender sender, int lun, int blockSize, long mostBytes, ZeroMode mode) {
        this.sender = sender;
        this.lun = lun;
        this.blockSize = blockSize;
        this.mostBytes = mostBytes;
        this.mode = mode;
    }

    /**
     * Asks the unit what it can do.
     *
     * @param asking sends the questions
     * @param writing sends what changes the unit later
     */
    static Zeroing ask(Unit.Sender asking, Unit.Sender writing, int lun, int blockSize) throws IscsiException {
        byte[] provisioning = Unit.page(asking, lun, PROVISIONING);
        boolean unmaps = provisioning.length > FLAGS && (provisioning[FLAGS] & LBPWS) != 0;
        byte[] limits = Unit.page(asking, lun, BLOCK_LIMITS);
        long blocks = limits.length >= MAX_WRITE_SAME + Long.BYTES
                ? ByteBuffer.wrap(limits).getLong(MAX_WRITE_SAME)
                : 0;
        long most = blocks > 0 && blocks < MOST_BYTES / blockSize ? blocks * blockSize : MOST_BYTES;
        return new Zeroing(writing, lun, blockSize, most, unmaps ? ZeroMode.WRITE_SAME_UNMAP : ZeroMode.WRITE_SAME);
    }

    /** Returns when the range reads as zeros. */
    void zero(long offset, long length) throws IscsiException {
        ZeroMode trying = mode;
        while (true) {
            try {
                zero(trying, offset, length);
                mode = trying;
                return;
            } catch (CommandFailed e) {
                if (!Unit.isIllegalRequest(e) || trying == ZeroMode.WRITE) {
                    throw e;
                }
                trying = trying.next();
            }
        }
    }

    private void zero(ZeroMode how, long offset, long length) throws IscsiException {
        Deque<CompletableFuture<Integer>> flying = new ArrayDeque<>();
        long end = offset + length;
        for (long position = offset; position < end; ) {
            long part = Math.min(how == ZeroMode.WRITE ? WRITE_BYTES : mostBytes, end - position);
            if (flying.size() == AHEAD) {
                IscsiSession.await(flying.remove());
            }
            flying.add(sender.send(command(how, position, (int) part)));
            position += part;
        }
        for (CompletableFuture<Integer> command : flying) {
            IscsiSession.await(command);
        }
    }

    private Exchange command(ZeroMode how, long offset, int bytes) {
        long lba = offset / blockSize;
        int blocks = bytes / blockSize;
        long field = ScsiTarget.field(lun);
        return switch (how) {
            case WRITE_SAME_UNMAP, WRITE_SAME ->
                Exchange.writing(
                        "WRITE SAME of LUN " + lun,
                        field,
                        Cdbs.writeSame(lba, blocks, how == ZeroMode.WRITE_SAME_UNMAP),
                        ByteBuffer.allocate(blockSize));
            case WRITE ->
                Exchange.writing("WRITE of LUN " + lun, field, Cdbs.write(lba, blocks), ByteBuffer.allocate(bytes));
        };
    }
}
