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
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.extent.Extent;
import org.understudy.core.protocol.AgentMessage;

/**
 * Copies what is used of a disk into a file while a run has it frozen, so that the image can be compared with it. The file must lie on
 * another disk.
 */
final class FrozenTruth implements RunObserver {

    private static final int BLOCK = 64 << 10;
    private static final int PIECE = 1 << 20;

    private final Path disk;
    private final Path copy;
    private long nanos;

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
            for (Extent extent : UsedSpace.of(reader, MetadataState.SETTLED)
                    .used()
                    .alignedTo(512, reader.sizeBytes())
                    .extents()) {
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

    /** Number of 64 KiB blocks in which a file differs from the last copy. */
    int differences(Path file) throws IOException {
        // Java is slow under emulation, and nearly always there is nothing to be counted.
        if (new ProcessCommandRunner()
                .run(Command.of("cmp", "--silent", copy.toString(), file.toString()))
                .succeeded()) {
            return 0;
        }
        int different = 0;
        byte[] expected = new byte[PIECE];
        byte[] found = new byte[PIECE];
        try (RandomAccessFile one = new RandomAccessFile(copy.toFile(), "r");
                RandomAccessFile other = new RandomAccessFile(file.toFile(), "r")) {
            if (one.length() != other.length()) {
                throw new IOException(copy + " has " + one.length() + " bytes, " + file + " " + other.length());
            }
            for (long at = 0; at < one.length(); at += PIECE) {
                int length = (int) Math.min(PIECE, one.length() - at);
                one.readFully(expected, 0, length);
                other.readFully(found, 0, length);
                if (!Arrays.equals(expected, 0, length, found, 0, length)) {
                    different += blocks(expected, found, length);
                }
            }
        }
        return different;
    }

    private static int blocks(byte[] expected, byte[] found, int length) {
        int different = 0;
        for (int start = 0; start < length; start += BLOCK) {
            int end = Math.min(length, start + BLOCK);
            different += Arrays.equals(expected, start, end, found, start, end) ? 0 : 1;
        }
        return different;
    }
}
