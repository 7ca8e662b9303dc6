package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.agent.snapshot.Freezer;
import org.understudy.core.command.InteractiveRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** FIFREEZE and FITHAW with {@link FreezeWatchdog} standing by. One hold at a time; used by one thread. */
final class LinuxFreezer implements Freezer, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LinuxFreezer.class);

    private final KernelFiles files;
    private final WatchdogProcess watchdog;
    private final FreezePriority priority;

    /**
     * @param watchdogLog what the watchdog says on standard error
     */
    LinuxFreezer(KernelFiles files, InteractiveRunner programs, Path watchdogLog) {
        this.files = files;
        watchdog = new WatchdogProcess(programs, watchdogLog);
        priority = new FreezePriority(files.proc());
    }

    @Override
    public Hold prepare(List<FileSystemMount> mounts, Duration limit) {
        // A file system that lies on several disks of the run comes once for each, and cannot be frozen twice.
        Map<Path, FileSystemMount> once = new LinkedHashMap<>();
        mounts.stream()
                .sorted(Comparator.comparingInt(FileSystemMount::order))
                .forEach(mount -> once.putIfAbsent(mount.mountPoint(), mount));
        List<FileSystemMount> ordered = List.copyOf(once.values());
        checkPerformanceData(ordered);
        checkIoUring(ordered);
        List<Handle> handles = new ArrayList<>();
        try {
            for (FileSystemMount mount : ordered) {
                handles.add(open(mount));
            }
            watchdog.open(
                    ordered.stream().map(mount -> mount.mountPoint().toString()).toList());
            return new LinuxHold(handles, limit);
        } catch (IOException e) {
            handles.forEach(handle -> LibC.close(handle.fd()));
            throw failed("the file systems", String.valueOf(e.getMessage())).asException(e);
        } catch (RuntimeException e) {
            handles.forEach(handle -> LibC.close(handle.fd()));
            throw e;
        }
    }

    /** A JVM writes its performance data into a mapped file, and would stand still with the file system that holds it. */
    private void checkPerformanceData(List<FileSystemMount> mounts) {
        Path data = Path.of(
                "/tmp",
                "hsperfdata_" + System.getProperty("user.name", "root"),
                Long.toString(ProcessHandle.current().pid()));
        if (!Files.exists(data)) {
            return;
        }
        try {
            Path longest = Path.of("/");
            for (MountEntry entry : files.mounts()) {
                if (data.startsWith(entry.mountPoint())
                        && entry.mountPoint().getNameCount() >= longest.getNameCount()) {
                    longest = entry.mountPoint();
                }
            }
            Path holder = longest;
            if (mounts.stream().anyMatch(mount -> mount.mountPoint().equals(holder))) {
                throw failed(
                                holder.toString(),
                                "the agent must be started with -XX:-UsePerfData to freeze the file system of " + data)
                        .asException();
            }
        } catch (IOException e) {
            throw failed(data.toString(), "the mount table cannot be read").asException(e);
        }
    }

    /** A freeze that never ends cannot be thawed by anybody. */
    private void checkIoUring(List<FileSystemMount> mounts) {
        String hazard = mounts.isEmpty() ? null : new IoUringHazard(files).find();
        if (hazard != null) {
            throw failed(mounts.get(0).mountPoint().toString(), hazard).asException();
        }
    }

    /** Opens a mount point and makes sure that the path led to the mount that was meant. */
    private Handle open(FileSystemMount mount) {
        String path = mount.mountPoint().toString();
        int fd;
        try {
            fd = MountHandle.openDirectory(path);
        } catch (LastErrorException e) {
            throw failed(path, LibC.message(e)).asException(e);
        }
        try {
            int id = mountId(fd);
            boolean meant = files.mounts().stream()
                    .anyMatch(entry -> entry.id() == id
                            && entry.mountPoint().equals(mount.mountPoint())
                            && entry.type().equals(mount.type()));
            if (!meant) {
                throw failed(path, "another mount hides it").asException();
            }
            return new Handle(mount, fd);
        } catch (IOException | RuntimeException e) {
            LibC.close(fd);
            if (e instanceof RuntimeException known) {
                throw known;
            }
            throw failed(path, "the mount table cannot be read").asException(e);
        }
    }

    private int mountId(int fd) throws IOException {
        for (String line :
                Files.readAllLines(files.proc().resolve("self/fdinfo").resolve(Integer.toString(fd)))) {
            if (line.startsWith("mnt_id:")) {
                return Integer.parseInt(line.substring("mnt_id:".length()).strip());
            }
        }
        throw new IOException("no mnt_id for " + fd);
    }

    private static Problem failed(String mountPoint, String reason) {
        return Problem.of(ProblemCode.FREEZE_FAILED, "mountPoint", mountPoint, "reason", lowerFirst(reason));
    }

    private static String lowerFirst(String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }

    /** Ends the watchdog. */
    @Override
    public void close() {
        watchdog.close();
    }

    /** An open mount point. */
    private record Handle(FileSystemMount mount, int fd) {}

    /** File systems from open to close. What goes wrong while they are frozen is said after the thaw. */
    private final class LinuxHold implements Hold {

        private final List<Handle> handles;
        private final Duration limit;
        private final List<Handle> frozen = new ArrayList<>();
        private boolean armed;
        private boolean closed;

        LinuxHold(List<Handle> handles, Duration limit) {
            this.handles = handles;
            this.limit = limit;
        }

        @Override
        public void sync() {
            handles.forEach(LinuxHold::sync);
        }

        private static void sync(Handle handle) {
            try {
                LibC.syncfs(handle.fd());
            } catch (LastErrorException e) {
                throw failed(handle.mount().mountPoint().toString(), "sync: " + LibC.message(e))
                        .asException(e);
            }
        }

        @Override
        public List<FileSystemMount> freeze() {
            priority.raise();
            try {
                watchdog.arm(limit.toMillis());
                armed = true;
            } catch (IOException e) {
                throw failed("the file systems", String.valueOf(e.getMessage())).asException(e);
            }
            long started = System.nanoTime();
            List<FileSystemMount> syncedOnly = new ArrayList<>();
            Problem trouble = null;
            for (int i = handles.size() - 1; i >= 0 && trouble == null; i--) {
                trouble = freeze(handles.get(i), started, syncedOnly);
            }
            if (trouble != null) {
                thaw();
                throw trouble.asException();
            }
            return syncedOnly;
        }

        private @Nullable Problem freeze(Handle handle, long started, List<FileSystemMount> syncedOnly) {
            try {
                if (MountHandle.freeze(handle.fd())) {
                    frozen.add(handle);
                } else {
                    LibC.syncfs(handle.fd());
                    syncedOnly.add(handle.mount());
                }
            } catch (LastErrorException e) {
                return failed(handle.mount().mountPoint().toString(), LibC.message(e));
            }
            if (System.nanoTime() - started > limit.toNanos()) {
                return failed(
                        handle.mount().mountPoint().toString(),
                        "it took longer than " + limit.toMillis() + " ms to come to rest");
            }
            return null;
        }

        @Override
        public boolean thaw() {
            boolean whole = true;
            LastErrorException trouble = null;
            for (Handle handle : frozen) {
                try {
                    whole &= MountHandle.thaw(handle.fd());
                } catch (LastErrorException e) {
                    trouble = e;
                }
            }
            boolean any = !frozen.isEmpty() || armed;
            frozen.clear();
            priority.restore();
            int byWatchdog = 0;
            if (armed) {
                armed = false;
                try {
                    byWatchdog = watchdog.disarm();
                } catch (IOException e) {
                    // It guards nothing any more; without it the next freeze starts another one.
                    watchdog.close();
                    log.warn("the freeze watchdog failed: {}", e.getMessage());
                    whole = false;
                }
            }
            if (trouble != null) {
                watchdog.close();
                log.error("a file system could not be thawed", trouble);
            }
            if (byWatchdog > 0) {
                log.warn(
                        "the freeze watchdog thawed {} file systems at the limit of {} ms",
                        byWatchdog,
                        limit.toMillis());
            }
            return any && whole && byWatchdog == 0 && trouble == null;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                if (armed || !frozen.isEmpty()) {
                    thaw();
                }
                priority.restore();
                handles.forEach(handle -> LibC.close(handle.fd()));
                try {
                    watchdog.release();
                } catch (IOException e) {
                    watchdog.close();
                    log.warn("the freeze watchdog failed: {}", e.getMessage());
                }
            }
        }
    }
}
