package org.understudy.iscsi.initiator;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.CommandFailed;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.scsi.ScsiTarget;
import org.understudy.iscsi.scsi.Sense;

/**
 * A logical unit of a remote target. Offsets and lengths are bytes and must be multiples of the block size
 * ({@link IllegalArgumentException} otherwise). Transfers of any length are cut into commands and pipelined. Writes in flight
 * at the same time must not overlap: the target may execute them in any order. Thread-safe.
 */
public final class RemoteDisk implements BlockDevice {

    private static final int TRANSFER_BYTES = 1 << 20;
    private static final int MAX_COMPARE_BLOCKS = 255;

    private final IscsiSession session;
    private final Unit unit;
    private final int lun;
    private final long lunField;
    private final long sizeBytes;
    private final int blockSize;
    private volatile @Nullable Zeroing zeroing;

    RemoteDisk(IscsiSession session, Unit unit) {
        this.session = session;
        this.unit = unit;
        this.lun = unit.number();
        this.lunField = ScsiTarget.field(lun);
        this.sizeBytes = unit.sizeBytes();
        this.blockSize = unit.blockSize();
    }

    public int lun() {
        return lun;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int blockSize() {
        return blockSize;
    }

    @Override
    public boolean readOnly() {
        return unit.readOnly();
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IscsiException {
        IscsiSession.await(readAsync(offset, target));
    }

    /**
     * Starts a read; fails with an {@link IscsiException}. Blocks while the window is full. {@code target} belongs to the
     * session until completion; its position is advanced at once.
     */
    public CompletableFuture<Void> readAsync(long offset, ByteBuffer target) {
        return transfer(offset, target, (lba, blocks, part) -> {
            Exchange exchange = Exchange.reading("READ of LUN " + lun, lunField, Cdbs.read(lba, blocks), part);
            int length = part.remaining();
            return session.send(exchange).thenCompose(received -> {
                if (received == length) {
                    return CompletableFuture.<Void>completedFuture(null);
                }
                return CompletableFuture.<Void>failedFuture(
                        new ProtocolViolation("target sent " + received + " of " + length + " bytes"));
            });
        });
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IscsiException {
        IscsiSession.await(writeAsync(offset, source));
    }

    /**
     * Starts a write; fails with an {@link IscsiException}. Blocks while the window is full (back-pressure). {@code source}
     * belongs to the session until completion; its position is advanced at once. Durable only after {@link #flush}.
     */
    public CompletableFuture<Void> writeAsync(long offset, ByteBuffer source) {
        return transfer(offset, source, (lba, blocks, part) -> {
            Exchange exchange = Exchange.writing("WRITE of LUN " + lun, lunField, Cdbs.write(lba, blocks), part);
            return session.send(exchange).thenAccept(sent -> unit.wrote());
        });
    }

    /** Sends one command of a transfer. */
    private interface Step {
        CompletableFuture<Void> send(long lba, int blocks, ByteBuffer part);
    }

    private CompletableFuture<Void> transfer(long offset, ByteBuffer buffer, Step step) {
        check(offset, buffer.remaining());
        List<CompletableFuture<Void>> parts = new ArrayList<>();
        long position = offset;
        while (buffer.hasRemaining()) {
            int length = Math.min(TRANSFER_BYTES, buffer.remaining());
            ByteBuffer part = buffer.slice(buffer.position(), length);
            buffer.position(buffer.position() + length);
            parts.add(step.send(position / blockSize, length / blockSize, part));
            position += length;
        }
        if (parts.size() == 1) {
            return parts.get(0);
        }
        return CompletableFuture.allOf(parts.toArray(new CompletableFuture<?>[0]));
    }

    private void check(long offset, long length) {
        Objects.checkFromIndexSize(offset, length, sizeBytes);
        if (offset % blockSize != 0 || length % blockSize != 0) {
            throw new IllegalArgumentException(
                    "offset " + offset + " and length " + length + " must be whole blocks of " + blockSize);
        }
    }

    @Override
    public void unmap(long offset, long length) throws IscsiException {
        check(offset, length);
        if (length > 0) {
            zeroing().zero(offset, length);
        }
    }

    private Zeroing zeroing() throws IscsiException {
        Zeroing known = zeroing;
        if (known == null) {
            Unit.Sender counting = exchange -> session.send(exchange).thenApply(sent -> {
                unit.wrote();
                return sent;
            });
            known = Zeroing.ask(session::send, counting, lun, blockSize);
            zeroing = known;
        }
        return known;
    }

    /**
     * COMPARE AND WRITE: replaces blocks if they are as expected, in one step that no other initiator can come between.
     *
     * @param expected at most 255 blocks
     * @param replacement as long as {@code expected}
     * @return false if the blocks were different; nothing was written then
     * @throws IscsiException.OutcomeUnknown if the connection was lost meanwhile and the session goes on
     */
    public boolean compareAndWrite(long offset, ByteBuffer expected, ByteBuffer replacement) throws IscsiException {
        int length = expected.remaining();
        check(offset, length);
        int blocks = length / blockSize;
        if (blocks < 1 || blocks > MAX_COMPARE_BLOCKS || replacement.remaining() != length) {
            throw new IllegalArgumentException("1 to " + MAX_COMPARE_BLOCKS + " blocks, twice the same number");
        }
        ByteBuffer both = ByteBuffer.allocate(2 * length)
                .put(expected.duplicate())
                .put(replacement.duplicate())
                .flip();
        Exchange exchange = Exchange.writing(
                        "COMPARE AND WRITE of LUN " + lun,
                        lunField,
                        Cdbs.compareAndWrite(offset / blockSize, blocks),
                        both)
                .when(Exchange.WhenLost.OUTCOME_UNKNOWN);
        try {
            IscsiSession.await(session.send(exchange).thenAccept(sent -> unit.wrote()));
            return true;
        } catch (CommandFailed e) {
            Sense sense = e.sense();
            if (sense != null && sense.key() == Sense.MISCOMPARE) {
                return false;
            }
            throw e;
        }
    }

    /**
     * SYNCHRONIZE CACHE: everything completed before the call is durable when it returns.
     *
     * @throws IscsiException.UnflushedWritesInDoubt if the connection was lost since the last flush and the target may have
     *     forgotten writes; write them again and flush again
     */
    @Override
    public void flush() throws IscsiException {
        long covered = unit.covered();
        unit.checkDoubt(covered);
        Exchange exchange = Exchange.withoutData("SYNCHRONIZE CACHE of LUN " + lun, lunField, Cdbs.synchronizeCache());
        IscsiSession.await(session.send(exchange).thenAccept(done -> unit.flushed(covered)));
        unit.checkDoubt(covered);
    }

    /** Does nothing: the disk lives as long as its session. */
    @Override
    public void close() {
        // the session owns the connection
    }

    @Override
    public String toString() {
        return session.config().targetName() + " LUN " + lun;
    }
}
