package org.understudy.server.storage.btrfs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.storage.StorageSettings;

/**
 * The mounted file system of a pool: makes it on first use, finds what an earlier server left mounted, locks it against a
 * second server, and takes it down again. Nothing that exists is ever formatted. Not thread-safe.
 */
final class BtrfsPool implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BtrfsPool.class);

    private static final long DEFAULT_SIZE = 200L << 30;
    private static final long SMALLEST_SIZE = 256L << 20;

    /** Offset of the magic number of the first super block and its value. Source: btrfs on-disk format. */
    private static final long MAGIC_OFFSET = 0x10040;

    private static final byte[] MAGIC = "_BHRfS_M".getBytes(StandardCharsets.US_ASCII);

    private final CommandRunner runner;
    private final PoolLayout layout;
    private final Path device;
    private final @Nullable Path file;
    private final boolean ours;
    private final FileChannel lockFile;

    private BtrfsPool(
            CommandRunner runner,
            PoolLayout layout,
            Path device,
            @Nullable Path file,
            boolean ours,
            FileChannel lockFile) {
        this.runner = runner;
        this.layout = layout;
        this.device = device;
        this.file = file;
        this.ours = ours;
        this.lockFile = lockFile;
    }

    /**
     * Brings the pool up.
     *
     * @param data the server's data directory, for defaults
     * @throws ProblemException {@code POOL_UNAVAILABLE}, {@code COMMAND_*}
     */
    static BtrfsPool open(CommandRunner runner, StorageSettings settings, Path data) {
        Path mount = Optional.ofNullable(settings.mount()).orElseGet(() -> data.resolve("pool"));
        Path file = Optional.ofNullable(settings.poolFile()).orElseGet(() -> data.resolve("pool.img"));
        boolean onFile = settings.device() == null;
        try {
            makeDirectory(mount);
            Optional<BtrfsParser.Mount> present = mounted(runner, mount);
            Path device = onFile ? fileDevice(runner, settings, file) : emptyOrOwnDevice(runner, settings.device());
            if (present.isPresent()) {
                requireOurs(present.get(), device, mount);
                log.info("pool on {} is already mounted on {}", device, mount);
            } else {
                runner.run(BtrfsCommands.mount(device, mount)).orThrow();
                log.info("pool on {} mounted on {}", device, mount);
            }
            if (onFile && settings.poolSize() != null) {
                runner.run(BtrfsCommands.growToDevice(mount)).orThrow();
            }
            PoolLayout layout = new PoolLayout(mount);
            prepare(layout);
            // Whoever mounted a device before this server may want it mounted after it.
            boolean ours = onFile || present.isEmpty();
            return new BtrfsPool(runner, layout, device, onFile ? file : null, ours, lock(layout));
        } catch (IOException e) {
            throw unavailable("it could not be prepared").asException(e);
        }
    }

    private static void makeDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
        }
    }

    private static Optional<BtrfsParser.Mount> mounted(CommandRunner runner, Path mount) {
        return BtrfsParser.mount(runner.run(BtrfsCommands.findMount(mount)).output());
    }

    private static void requireOurs(BtrfsParser.Mount present, Path device, Path mount) throws IOException {
        Path source = Path.of(present.source());
        if (!present.type().equals("btrfs") || !Files.exists(source) || !Files.isSameFile(source, device)) {
            throw unavailable(mount + " is taken by " + present.source() + " (" + present.type() + ")")
                    .asException();
        }
    }

    private static Path fileDevice(CommandRunner runner, StorageSettings settings, Path file) throws IOException {
        long wanted = settings.poolSize() == null ? 0 : settings.poolSize().toBytes();
        if (!Files.exists(file)) {
            makeFile(runner, file, wanted == 0 ? defaultSize(file) : wanted);
        }
        if (!holdsBtrfs(file)) {
            throw unavailable("the file " + file + " exists but holds no pool; if it is of no use, remove it yourself")
                    .asException();
        }
        boolean grown = Files.size(file) < wanted;
        if (grown) {
            try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
                image.setLength(wanted);
            }
        }
        List<BtrfsParser.Loop> loops = BtrfsParser.loops(
                runner.run(BtrfsCommands.listLoops(file)).orThrow().output());
        if (loops.isEmpty()) {
            return attach(runner, file);
        }
        Path device = loops.get(0).device();
        if (grown) {
            runner.run(BtrfsCommands.refreshLoop(device)).orThrow();
        }
        return device;
    }

    private static Path attach(CommandRunner runner, Path file) {
        CommandResult direct = runner.run(BtrfsCommands.attachLoop(file, true));
        if (direct.succeeded()) {
            return Path.of(direct.output().strip());
        }
        log.warn(
                "no direct I/O below the pool ({}): its data are cached twice",
                direct.errorOutput().strip());
        return Path.of(runner.run(BtrfsCommands.attachLoop(file, false))
                .orThrow()
                .output()
                .strip());
    }

    /** Room that is surely there, because a sparse file that outgrows its file system breaks the pool in it. */
    private static long defaultSize(Path file) throws IOException {
        Path directory = file.resolveSibling(".");
        makeDirectory(directory);
        long free = Files.getFileStore(directory).getUsableSpace();
        long size = Math.min(DEFAULT_SIZE, free / 10 * 8) / (1 << 20) * (1 << 20);
        if (size < SMALLEST_SIZE) {
            throw unavailable("only " + free + " bytes are free around " + file + ", too few for a pool")
                    .asException();
        }
        return size;
    }

    /** The file gets its name only when it holds a file system: a crash leaves nothing that looks like a pool. */
    private static void makeFile(CommandRunner runner, Path file, long size) throws IOException {
        makeDirectory(file.resolveSibling("."));
        Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        Files.deleteIfExists(unfinished);
        Files.createFile(
                unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (RandomAccessFile image = new RandomAccessFile(unfinished.toFile(), "rw")) {
            image.setLength(size);
            runner.run(BtrfsCommands.makeFileSystem(unfinished)).orThrow();
            image.getFD().sync();
        }
        DurableFiles.rename(unfinished, file);
        log.info("pool of {} bytes made in {}", size, file);
    }

    private static Path emptyOrOwnDevice(CommandRunner runner, @Nullable Path device) throws IOException {
        if (device == null || !Files.exists(device)) {
            throw unavailable("the device " + device + " is not there").asException();
        }
        if (!holdsBtrfs(device)) {
            CommandResult probe = runner.run(BtrfsCommands.probe(device));
            if (probe.exitStatus() != 2) {
                throw unavailable("the device " + device
                                + " holds something else; if it is of no use, clear it yourself" + " with wipefs --all")
                        .withDetails((probe.output() + probe.errorOutput()).strip())
                        .asException();
            }
            runner.run(BtrfsCommands.makeFileSystem(device)).orThrow();
            log.info("pool made on {}", device);
        }
        return device;
    }

    private static boolean holdsBtrfs(Path target) throws IOException {
        try (FileChannel channel = FileChannel.open(target, StandardOpenOption.READ)) {
            ByteBuffer magic = ByteBuffer.allocate(MAGIC.length);
            channel.read(magic, MAGIC_OFFSET);
            return Arrays.equals(magic.array(), MAGIC);
        }
    }

    private static void prepare(PoolLayout layout) throws IOException {
        if (!Files.isDirectory(layout.root())
                && !DurableFiles.list(layout.mount()).isEmpty()) {
            throw unavailable("the file system on " + layout.mount() + " holds other things and no pool")
                    .asException();
        }
        // Virtual machines run as another user and must reach their clones, but nobody may list or reach the rest.
        makeDirectory(layout.root());
        makeDirectory(layout.clones());
    }

    private static FileChannel lock(PoolLayout layout) throws IOException {
        FileChannel file = FileChannel.open(layout.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = file.tryLock();
            if (lock != null) {
                return file;
            }
        } catch (OverlappingFileLockException e) {
            file.close();
            throw inUse(layout).asException(e);
        }
        file.close();
        throw inUse(layout).asException();
    }

    private static Problem inUse(PoolLayout layout) {
        return unavailable("another server uses the pool on " + layout.mount());
    }

    static Problem unavailable(String reason) {
        return Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", reason);
    }

    PoolLayout layout() {
        return layout;
    }

    /** For people: where the pool is. */
    String place() {
        return file == null ? device.toString() : device + " (" + file + ")";
    }

    /**
     * What the file system around the pool file can still give, in addition to what the file already has.
     *
     * @param used bytes used in the pool
     */
    long backingFree(long used) throws IOException {
        if (file == null) {
            return Long.MAX_VALUE;
        }
        long allocated = BtrfsParser.allocatedBytes(
                runner.run(BtrfsCommands.allocation(file)).orThrow().output());
        return Math.max(0, allocated - used) + Files.getFileStore(file).getUsableSpace();
    }

    /** Unmounts and detaches, unless something such as a running virtual machine uses the pool: then all stays as it is. */
    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            log.warn("the lock of the pool was not released: {}", e.toString());
        }
        if (!ours) {
            return;
        }
        CommandResult unmounted = runner.run(BtrfsCommands.unmount(layout.mount()));
        if (!unmounted.succeeded()) {
            log.warn(
                    "pool stays mounted on {}: {}",
                    layout.mount(),
                    unmounted.errorOutput().strip());
            return;
        }
        if (file != null) {
            CommandResult detached = runner.run(BtrfsCommands.detachLoop(device));
            if (!detached.succeeded()) {
                log.warn("{} stays attached: {}", device, detached.errorOutput().strip());
            }
        }
        log.info("pool on {} unmounted", device);
    }
}
