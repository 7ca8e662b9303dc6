package org.understudy.iscsi.initiator;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
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
    private static final int DEFAULT_UNMAP_BYTES = 256 << 20;
    private static final int CAPACITY_BYTES = 32;
    private static final int MODE_BYTES = 8;
    private static final int CACHING_PAGE = 0x08;

    private final IscsiSession session;
    private final int lun;
    private final long lunField;
    private final long sizeBytes;
    private final int blockSize;
    private final boolean readOnly;

    private RemoteDisk(IscsiSession session, int lun, long sizeBytes, int blockSize, boolean readOnly) {
        this.session = session;
        this.lun = lun;
        this.lunField = ScsiTarget.field(lun);
        this.sizeBytes = sizeBytes;
        this.blockSize = blockSize;
        this.readOnly = readOnly;
    }

    static RemoteDisk open(IscsiSession session, int lun) throws IscsiException {
        long field = ScsiTarget.field(lun);
        ByteBuffer capacity = ByteBuffer.allocate(CAPACITY_BYTES);
        int length = IscsiSession.await(session.send(
                Exchange.reading("READ CAPACITY of LUN " + lun, field, Cdbs.readCapacity(CAPACITY_BYTES), capacity)));
        long last = capacity.getLong(0);
        int blockSize = capacity.getInt(8);
        if (length < 12 || last < 0 || blockSize < 512 || blockSize > 1 << 16 || Integer.bitCount(blockSize) != 1) {
            throw new ProtocolViolation("capacity of LUN " + lun + " makes no sense");
        }
        return new RemoteDisk(
                session, lun, Math.multiplyExact(last + 1, blockSize), blockSize, isProtected(session, lun));
    }

    private static boolean isProtected(IscsiSession session, int lun) throws IscsiException {
        ByteBuffer mode = ByteBuffer.allocate(MODE_BYTES);
        try {
            int length = IscsiSession.await(session.send(Exchange.reading(
                    "MODE SENSE of LUN " + lun,
                    ScsiTarget.field(lun),
                    Cdbs.modeSense(CACHING_PAGE, MODE_BYTES),
                    mode)));
            return length > 3 && (mode.get(3) & 0x80) != 0;
        } catch (CommandFailed e) {
            Sense sense = e.sense();
            if (sense != null && sense.key() == Sense.ILLEGAL_REQUEST) {
                // A target without mode pages has no write protection to tell of.
                return false;
            }
            throw e;
        }
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
        return readOnly;
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
            return session.send(exchange).thenAccept(sent -> {});
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
        List<CompletableFuture<Integer>> parts = new ArrayList<>();
        long position = offset;
        while (position < offset + length) {
            long part = Math.min(DEFAULT_UNMAP_BYTES, offset + length - position);
            // WRITE SAME of a zero block with the UNMAP bit: unlike UNMAP it promises that the range reads as zeros.
            parts.add(session.send(Exchange.writing(
                    "WRITE SAME of LUN " + lun,
                    lunField,
                    Cdbs.writeSameUnmap(position / blockSize, (int) (part / blockSize)),
                    ByteBuffer.allocate(blockSize))));
            position += part;
        }
        for (CompletableFuture<Integer> part : parts) {
            IscsiSession.await(part);
        }
    }

    /** SYNCHRONIZE CACHE: everything completed before the call is durable when it returns. */
    @Override
    public void flush() throws IscsiException {
        IscsiSession.await(session.send(
                Exchange.withoutData("SYNCHRONIZE CACHE of LUN " + lun, lunField, Cdbs.synchronizeCache())));
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
