package org.understudy.privileges.daemon;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.privileges.clock.ClockFile;
import org.understudy.privileges.clock.TimeSources;
import org.understudy.privileges.clock.TrustedClock;
import org.understudy.privileges.clock.Uptime;
import org.understudy.privileges.log.CallLog;
import org.understudy.privileges.protocol.Deadlines;
import org.understudy.privileges.storage.PoolDatasets;
import org.understudy.privileges.storage.StorageVerbs;

/** The daemon: its log, its clock, its two doors. There is one at a time for a state directory. */
public final class PrivilegesDaemon implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PrivilegesDaemon.class);
    private static final Duration TICK = Duration.ofMinutes(1);

    /** What the daemon stands on; tests bring their own. */
    public record Ground(PoolDatasets pool, Clock wall, Uptime uptime, TimeSources sources) {}

    private final FileChannel instance;
    private final CallLog calls;
    private final TrustedClock clock;
    private final Deadlines deadlines;
    private final ScheduledThreadPoolExecutor ticking;
    private final ScheduledFuture<?> clockTask;
    private final Door server;
    private final Door console;
    private final AtomicBoolean closed = new AtomicBoolean();

    private PrivilegesDaemon(Settings settings, Ground ground, Limits limits, FileChannel instance) throws IOException {
        this.instance = instance;
        this.calls = new CallLog(settings.log(), ground.wall(), CallLog.FILE_BYTES);
        this.clock = new TrustedClock(
                ground.wall(),
                ground.uptime(),
                ground.sources(),
                new ClockFile(settings.state().resolve("clock")));
        clock.save();
        StorageVerbs storage = new StorageVerbs(ground.pool(), settings.root(), clock, settings.longestLock());
        storage.prepare();
        Gate gate = new Gate(calls, clock, storage);
        calls.append("daemon", "start", Map.of("root", settings.root().value()), true);
        this.deadlines = new Deadlines("deadlines");
        this.ticking = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "clock");
            thread.setDaemon(true);
            return thread;
        });
        UserPrincipalLookupService users = FileSystems.getDefault().getUserPrincipalLookupService();
        Files.createDirectories(settings.run());
        this.console = Door.open(
                new Door.Place(
                        settings.consoleSocket(), Caller.Role.CONSOLE, users.lookupPrincipalByName("root"), null),
                gate,
                limits,
                deadlines);
        this.server = Door.open(
                new Door.Place(
                        settings.serverSocket(),
                        Caller.Role.SERVER,
                        users.lookupPrincipalByName(settings.user()),
                        users.lookupPrincipalByGroupName(settings.group())),
                gate,
                limits,
                deadlines);
        this.clockTask = ticking.scheduleWithFixedDelay(this::tick, 0, TICK.toSeconds(), TimeUnit.SECONDS);
    }

    /**
     * Starts it; it serves when this returns.
     *
     * @throws IOException if a directory or socket cannot be made, or a user does not exist
     * @throws org.understudy.core.problem.ProblemException {@code DATA_DIRECTORY_IN_USE}, {@code POOL_UNAVAILABLE}
     */
    public static PrivilegesDaemon start(Settings settings, Ground ground) throws IOException {
        return start(settings, ground, Limits.DEFAULT);
    }

    static PrivilegesDaemon start(Settings settings, Ground ground, Limits limits) throws IOException {
        for (Path directory : new Path[] {settings.state(), settings.log()}) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        FileChannel instance = FileChannel.open(
                settings.state().resolve("instance"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (lock(instance) == null) {
                throw Problem.of(
                                ProblemCode.DATA_DIRECTORY_IN_USE,
                                "directory",
                                settings.state().toString())
                        .asException();
            }
            return new PrivilegesDaemon(settings, ground, limits, instance);
        } catch (IOException | RuntimeException e) {
            instance.close();
            throw e;
        }
    }

    private static @Nullable FileLock lock(FileChannel instance) throws IOException {
        try {
            return instance.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private void tick() {
        try {
            clock.tick();
        } catch (RuntimeException e) {
            // The next minute tries again; a clock that is not kept is doubted after the next start.
            log.error("the clock could not be looked after", e);
        }
    }

    @Override
    public void close() throws IOException {
        if (closed.getAndSet(true)) {
            return;
        }
        clockTask.cancel(false);
        ticking.shutdownNow();
        server.close();
        console.close();
        deadlines.close();
        clock.save();
        calls.close();
        instance.close();
    }
}
