package org.understudy.core.digest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Trees as a whole: made from a stream of digests, written as one, copied. Cost follows the disk. Stateless. */
public final class DigestTrees {

    /** Digests gathered before they go into a tree. */
    public static final int BATCH = 1 << 14;

    private static final int COPY_BYTES = 1 << 16;

    private DigestTrees() {}

    /** Makes a tree of a digest file. If the stream turns out to be damaged, the tree means nothing. */
    public static DigestTree.Outcome build(InputStream stream, Path target) throws IOException {
        // Not closed: the stream belongs to the caller.
        @SuppressWarnings("resource")
        DigestReader reader = new DigestReader(stream);
        return build(reader, target);
    }

    /** As {@link #build(InputStream, Path)}; reads to the end. */
    public static DigestTree.Outcome build(DigestEntries entries, Path target) throws IOException {
        try (DigestTree tree = DigestTree.create(target, entries.diskBytes(), entries.blockSize())) {
            NavigableMap<Long, BlockDigest> batch = new TreeMap<>();
            for (Optional<DigestReader.Entry> next = entries.next(); next.isPresent(); next = entries.next()) {
                batch.put(next.get().block(), next.get().digest());
                if (batch.size() >= BATCH) {
                    tree.replace(batch);
                    batch.clear();
                }
            }
            DigestTree.Outcome outcome = tree.replace(batch);
            tree.force();
            return outcome;
        }
    }

    /** Writes a tree as a digest file. */
    public static void stream(Path tree, OutputStream target) throws IOException {
        try (DigestTree source = DigestTree.open(tree)) {
            DigestWriter writer = new DigestWriter(target, source.diskBytes(), source.blockSize());
            for (long block = source.next(0); block >= 0; block = source.next(block + 1)) {
                writer.put(block, source.get(block));
            }
            writer.finish();
        }
    }

    /** Copies a file; what is zero becomes a hole. */
    public static void copy(Path source, Path target) throws IOException {
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(
                        target,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
            long at = 0;
            while (in.read(buffer.clear(), at) > 0) {
                buffer.flip();
                int length = buffer.remaining();
                boolean last = at + length == in.size();
                // The last piece gives the copy its length.
                if (last || !BlockDigest.isZero(buffer)) {
                    long to = at;
                    while (buffer.hasRemaining()) {
                        to += out.write(buffer, to);
                    }
                }
                at += length;
            }
        }
    }
}
