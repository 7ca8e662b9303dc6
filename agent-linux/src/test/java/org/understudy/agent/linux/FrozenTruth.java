package org.understudy.agent.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.protocol.AgentMessage;

/**
 * Copies what is used of a disk into a file while a run has it frozen, so that the image can be compared with it. The file must lie on
 * another disk.
 */
final class FrozenTruth implements RunObserver {

    static final int UNIT = 4096;
    private static final int PIECE = 1 << 20;
    private static final int NAMED = 6;

    private final Path disk;
    private final Path copy;
    private ExtentSet used = ExtentSet.empty();
    private long nanos;

    /**
     * Where an image is not what it has to be, in units of 4 KiB. Space that is free must read as zeros, because the image and its digests are of
     * normalised content; a unit that is free and holds data is no damage to a file, and still breaks that promise.
     *
     * @param used units of which something is used
     * @param free units of which nothing is used, and that are not zero
     * @param first where some of them lie
     */
    record Differences(int used, int free, List<Long> first) {

        int total() {
            return used + free;
        }
    }

    FrozenTruth(Path disk, Path copy) {
        this.disk = disk;
        this.copy = copy;
    }

    @Override
    public void reached(RunPhase phase, @Nullable String run, int pass) {
        if (phase == RunPhase.FROZEN) {
            long started = System.nanoTime();
            try {
                take();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            nanos = System.nanoTime() - started;
        }
    }

    private void take() throws IOException {
        Files.deleteIfExists(copy);
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE + 4096).alignedSlice(4096);
        try (DirectDiskReader reader = DirectDiskReader.open(disk);
                FileChannel file = FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            used = UsedSpace.of(reader, MetadataState.SETTLED).used().alignedTo(512, reader.sizeBytes());
            for (Extent extent : used.extents()) {
                for (long at = extent.offset(); at < extent.end(); at += PIECE) {
                    piece.clear().limit((int) Math.min(PIECE, extent.end() - at));
                    reader.read(at, piece);
                    piece.flip();
                    while (piece.hasRemaining()) {
                        file.write(piece, at + piece.position());
                    }
                }
            }
            try (RandomAccessFile whole = new RandomAccessFile(copy.toFile(), "rw")) {
                whole.setLength(reader.sizeBytes());
            }
        }
    }

    /** How long the product had the file systems frozen, without the copy for the test. */
    Duration frozen(AgentMessage.TransferFinished finished) {
        return Duration.ofMillis(finished.frozenMillis()).minusNanos(nanos);
    }

    /** Where a file differs from the last copy. */
    Differences differences(Path file) throws IOException {
        BitSet different = ImageComparison.of(copy, file).units();
        BitSet usedUnits = new BitSet();
        for (Extent extent : used.extents()) {
            usedUnits.set((int) (extent.offset() / UNIT), (int) ((extent.end() + UNIT - 1) / UNIT));
        }
        BitSet inUsed = (BitSet) different.clone();
        inUsed.and(usedUnits);
        List<Long> first = different.stream()
                .limit(NAMED)
                .mapToObj(unit -> (long) unit * UNIT)
                .toList();
        return new Differences(inUsed.cardinality(), different.cardinality() - inUsed.cardinality(), first);
    }
}
