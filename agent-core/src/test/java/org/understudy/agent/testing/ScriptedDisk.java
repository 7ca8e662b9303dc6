package org.understudy.agent.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.agent.snapshot.ProtectedDisk;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * A disk in memory with a host that goes on writing: whenever the agent reads, the host gets a turn. While the disk is frozen the
 * host's writes wait, as the kernel makes writers wait. Thread-safe.
 */
public final class ScriptedDisk implements ProtectedDisk {

    private final String key;
    private final byte[] content;
    private final List<Runnable> waiting = new ArrayList<>();
    private ExtentSet used = ExtentSet.empty();
    private Runnable host = () -> {};
    private Consumer<Extent> tracker = extent -> {};
    private boolean mounted;
    private boolean inUse;
    private boolean frozen;
    private boolean inHost;
    private long failAt = Long.MAX_VALUE;
    private int open;

    public ScriptedDisk(String key, int bytes) {
        this.key = key;
        content = new byte[bytes];
    }

    public synchronized ScriptedDisk mounted(boolean isMounted) {
        mounted = isMounted;
        return this;
    }

    public synchronized ScriptedDisk inUse(boolean isInUse) {
        inUse = isInUse;
        return this;
    }

    /** What the host does at each read of the agent. */
    public synchronized void host(Runnable activity) {
        host = activity;
    }

    /** Told about every write when it is done. */
    public synchronized void tracker(Consumer<Extent> listener) {
        tracker = listener;
    }

    /** Reads that touch this offset fail. */
    public synchronized void failAt(long offset) {
        failAt = offset;
    }

    /** The host writes; waits its turn while the disk is frozen. */
    public synchronized void write(long offset, byte[] bytes) {
        change(() -> {
            System.arraycopy(bytes, 0, content, (int) offset, bytes.length);
            tracker.accept(new Extent(offset, bytes.length));
        });
    }

    /** The host allocates and frees. */
    public synchronized void use(ExtentSet nowUsed) {
        change(() -> used = nowUsed);
    }

    private void change(Runnable change) {
        if (frozen) {
            waiting.add(change);
        } else {
            change.run();
        }
    }

    public synchronized void freeze() {
        frozen = true;
    }

    public synchronized void thaw() {
        frozen = false;
        waiting.forEach(Runnable::run);
        waiting.clear();
    }

    public synchronized ExtentSet used() {
        return used;
    }

    /** Everything outside used space (grown to 512 bytes) as zeros. */
    public synchronized byte[] normalised() {
        byte[] copy = new byte[content.length];
        for (Extent extent : used.alignedTo(512, content.length).extents()) {
            System.arraycopy(content, (int) extent.offset(), copy, (int) extent.offset(), (int) extent.length());
        }
        return copy;
    }

    /** How many readers are open. */
    public synchronized int openReaders() {
        return open;
    }

    public int size() {
        return content.length;
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public synchronized DiskReader open() {
        open++;
        return new Reader();
    }

    @Override
    public synchronized List<FileSystemMount> mounts() {
        return mounted ? List.of(new FileSystemMount(Path.of("/mnt", key), "ext4", 0, 1, true)) : List.of();
    }

    @Override
    public synchronized boolean inUse() {
        return inUse;
    }

    /** The disk that a reader reads, for the used-space port. */
    public static ScriptedDisk of(DiskReader reader) {
        if (reader instanceof Reader mine) {
            return mine.disk();
        }
        throw new IllegalArgumentException("not a reader of a scripted disk");
    }

    private final class Reader implements DiskReader {

        private boolean closed;

        ScriptedDisk disk() {
            return ScriptedDisk.this;
        }

        @Override
        public long sizeBytes() {
            return content.length;
        }

        @Override
        public int logicalBlockSize() {
            return 512;
        }

        @Override
        public void read(long offset, ByteBuffer target) throws IOException {
            synchronized (ScriptedDisk.this) {
                if (closed) {
                    throw new IOException("closed");
                }
                if (offset < 0 || offset + target.remaining() > content.length) {
                    throw new IOException("read past the end");
                }
                if (offset <= failAt && failAt < offset + target.remaining()) {
                    throw new IOException("medium error");
                }
                target.put(Arrays.copyOfRange(content, (int) offset, (int) offset + target.remaining()));
                if (!inHost) {
                    inHost = true;
                    host.run();
                    inHost = false;
                }
            }
        }

        @Override
        public void close() {
            synchronized (ScriptedDisk.this) {
                if (!closed) {
                    closed = true;
                    open--;
                }
            }
        }
    }
}
