package org.understudy.iscsi.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iscsi copy}: a disk to a disk, each a file or a LUN. */
@Command(
        name = "copy",
        mixinStandardHelpOptions = true,
        description = "Copies a disk to a disk; each is a file or iscsi[s]://[user%%secret@]host[:port]/iqn/lun.")
final class CopyCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private InitiatorOptions options = new InitiatorOptions();

    @Option(names = "--quiet", description = "Shows no progress.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "SRC")
    private String source = "";

    @Parameters(index = "1", paramLabel = "DST")
    private String destination = "";

    @Override
    public Integer call() throws Exception {
        long started = System.nanoTime();
        try (OpenDisk from = openSource()) {
            try (OpenDisk to = openDestination(from.device().sizeBytes())) {
                if (to.device().sizeBytes() < from.device().sizeBytes()) {
                    throw new IOException(destination + " has " + to.device().sizeBytes() + " bytes, less than the "
                            + from.device().sizeBytes() + " of the source; nothing was written");
                }
                long sent = copy(from, to);
                report(from.device().sizeBytes(), sent, System.nanoTime() - started);
            }
        }
        return 0;
    }

    private long copy(OpenDisk from, OpenDisk to) throws IOException {
        if (quiet || spec == null) {
            return new DiskCopy(from.device(), to.device(), to.startsAsZeros(), done -> {}).run();
        }
        CopyProgress progress = new CopyProgress(
                spec.commandLine().getErr(), from.device().sizeBytes(), System::nanoTime, onTerminal());
        try {
            return new DiskCopy(from.device(), to.device(), to.startsAsZeros(), progress).run();
        } finally {
            progress.done();
        }
    }

    @SuppressWarnings("SystemConsoleNull")
    private static boolean onTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            // Before Java 22 there was a console on a terminal only.
            return true;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private void report(long size, long sent, long nanos) {
        if (spec != null) {
            double seconds = nanos / 1e9;
            spec.commandLine()
                    .getOut()
                    .printf(
                            "%d bytes, %d of them written, in %.2f s (%.0f MB/s)%n",
                            size, sent, seconds, size / seconds / 1e6);
            spec.commandLine().getOut().flush();
        }
    }

    /**
     * @param session ends with the disk, or null for a file
     * @param startsAsZeros what is not written reads as zeros
     */
    private record OpenDisk(BlockDevice device, @Nullable IscsiSession session, boolean startsAsZeros)
            implements AutoCloseable {
        @Override
        public void close() throws IOException {
            device.close();
            if (session != null) {
                session.close();
            }
        }
    }

    private OpenDisk openSource() throws IOException {
        return DiskUrl.isUrl(source)
                ? openRemote(source)
                : new OpenDisk(FileBlockDevice.open(Path.of(source), true), null, false);
    }

    private OpenDisk openDestination(long size) throws IOException {
        if (DiskUrl.isUrl(destination)) {
            return openRemote(destination);
        }
        Path file = Path.of(destination);
        boolean created = !Files.exists(file);
        if (created) {
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                // One byte at the end makes a sparse file of the right size.
                channel.write(ByteBuffer.allocate(1), size - 1);
            }
        }
        return new OpenDisk(FileBlockDevice.open(file, false), null, created);
    }

    private OpenDisk openRemote(String url) throws IOException {
        DiskUrl target = DiskUrl.parse(url);
        IscsiSession session = IscsiSession.login(options.session(target));
        try {
            return new OpenDisk(session.disk(target.requiredLun()), session, false);
        } catch (IOException | RuntimeException e) {
            session.close();
            throw e;
        }
    }
}
