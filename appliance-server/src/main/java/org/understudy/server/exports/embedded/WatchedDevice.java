package org.understudy.server.exports.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.ReadOnlyDeviceException;

/** Passes everything on to a device and remembers its first failure, whose cause an initiator never gets to see. */
final class WatchedDevice implements BlockDevice {

    private static final Logger log = LoggerFactory.getLogger(WatchedDevice.class);

    private final BlockDevice device;
    private final Path file;
    private final AtomicReference<@Nullable Problem> failure = new AtomicReference<>();

    WatchedDevice(BlockDevice device, Path file) {
        this.device = device;
        this.file = file;
    }

    Optional<Problem> failure() {
        return Optional.ofNullable(failure.get());
    }

    private interface Access {
        void run() throws IOException;
    }

    private void watch(Access access) throws IOException {
        try {
            access.run();
        } catch (ReadOnlyDeviceException e) {
            throw e;
        } catch (IOException e) {
            Problem problem = describe(e);
            if (failure.compareAndSet(null, problem)) {
                log.warn("{}: {}", file, problem.english(), e);
            }
            throw e;
        }
    }

    /** The text of a system error follows the locale of the process, so a translated one is checked against the pool itself. */
    private Problem describe(IOException e) {
        boolean full = String.valueOf(e.getMessage()).contains("No space left on device");
        try {
            full = full || Files.getFileStore(file).getUsableSpace() == 0;
        } catch (IOException unreadable) {
            e.addSuppressed(unreadable);
        }
        return (full ? Problem.of(ProblemCode.POOL_FULL, "free", "0 B") : Problem.of(ProblemCode.ISCSI_IO_FAILED))
                .withDetails(file + ": " + e);
    }

    @Override
    public long sizeBytes() {
        return device.sizeBytes();
    }

    @Override
    public void refreshSize() throws IOException {
        watch(device::refreshSize);
    }

    @Override
    public int blockSize() {
        return device.blockSize();
    }

    @Override
    public boolean readOnly() {
        return device.readOnly();
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        watch(() -> device.read(offset, target));
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        watch(() -> device.write(offset, source));
    }

    @Override
    public void unmap(long offset, long length) throws IOException {
        watch(() -> device.unmap(offset, length));
    }

    @Override
    public void flush() throws IOException {
        watch(device::flush);
    }

    @Override
    public AllocatedRange allocation(long offset, long length) throws IOException {
        return device.allocation(offset, length);
    }

    @Override
    public void close() throws IOException {
        watch(device::close);
    }
}
