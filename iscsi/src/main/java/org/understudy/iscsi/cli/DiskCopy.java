package org.understudy.iscsi.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongConsumer;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.initiator.RemoteDisk;

/**
 * Copies all of one disk to another with several transfers in flight. Reads and writes go through a ring of buffers in order;
 * remote disks work while the copy goes on, local ones are called directly. Zeros are unmapped, or left out where the
 * destination reads as zeros anyway.
 */
final class DiskCopy {

    private static final int CHUNK_BYTES = 1 << 20;
    private static final int DEPTH = 16;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(CHUNK_BYTES).asReadOnlyBuffer();

    private final BlockDevice from;
    private final BlockDevice to;
    private final boolean skipZeros;
    private final Deque<Transfer> reading = new ArrayDeque<>();
    private final Deque<Transfer> writing = new ArrayDeque<>();
    private final Deque<ByteBuffer> free = new ArrayDeque<>();
    private final LongConsumer progress;
    private long written;

    private record Transfer(long offset, ByteBuffer buffer, CompletableFuture<Void> done) {}

    /**
     * @param progress told the number of bytes that are done, now and then
     */
    DiskCopy(BlockDevice from, BlockDevice to, boolean skipZeros, LongConsumer progress) {
        this.progress = progress;
        this.from = from;
        this.to = to;
        this.skipZeros = skipZeros;
        for (int i = 0; i < DEPTH; i++) {
            free.add(ByteBuffer.allocateDirect(CHUNK_BYTES));
        }
    }

    /** Copies and flushes; returns the number of bytes that were written. */
    long run() throws IOException {
        long size = from.sizeBytes();
        for (long offset = 0; offset < size; offset += CHUNK_BYTES) {
            ByteBuffer buffer = nextFree();
            buffer.clear().limit((int) Math.min(CHUNK_BYTES, size - offset));
            reading.add(new Transfer(offset, buffer, read(offset, buffer.duplicate())));
            progress.accept(offset);
            if (reading.size() >= DEPTH / 2) {
                writeOldest();
            }
        }
        while (!reading.isEmpty()) {
            writeOldest();
        }
        while (!writing.isEmpty()) {
            recycleOldest();
        }
        to.flush();
        return written;
    }

    private ByteBuffer nextFree() throws IOException {
        while (free.isEmpty()) {
            if (writing.isEmpty()) {
                writeOldest();
            } else {
                recycleOldest();
            }
        }
        return free.remove();
    }

    private void writeOldest() throws IOException {
        Transfer transfer = reading.remove();
        await(transfer.done());
        ByteBuffer buffer = transfer.buffer();
        boolean zero = buffer.mismatch(ZEROS.duplicate().limit(buffer.remaining())) < 0;
        if (!zero) {
            written += buffer.remaining();
            CompletableFuture<Void> done = write(transfer.offset(), buffer.duplicate());
            writing.add(new Transfer(transfer.offset(), buffer, done));
            return;
        }
        if (!skipZeros) {
            to.unmap(transfer.offset(), buffer.remaining());
        }
        free.add(buffer);
    }

    private void recycleOldest() throws IOException {
        Transfer transfer = writing.remove();
        await(transfer.done());
        free.add(transfer.buffer());
    }

    private CompletableFuture<Void> read(long offset, ByteBuffer buffer) throws IOException {
        if (from instanceof RemoteDisk remote) {
            return remote.readAsync(offset, buffer);
        }
        from.read(offset, buffer);
        return CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<Void> write(long offset, ByteBuffer buffer) throws IOException {
        if (to instanceof RemoteDisk remote) {
            return remote.writeAsync(offset, buffer);
        }
        to.write(offset, buffer);
        return CompletableFuture.completedFuture(null);
    }

    private static void await(CompletableFuture<Void> done) throws IOException {
        try {
            done.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw e;
        }
    }
}
