package org.understudy.server.storage.zfs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;

/** Waits for what the kernel and udev do in their own time. */
final class Waiting {

    private static final Duration NODE_LIMIT = Duration.ofSeconds(60);
    private static final Duration BUSY_LIMIT = Duration.ofSeconds(15);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private Waiting() {}

    /**
     * The node of a block device, once it is there.
     *
     * @param ask settles udev and names the node
     * @throws org.understudy.core.problem.ProblemException {@code POOL_UNAVAILABLE} after a minute without it
     */
    static Path forNode(Supplier<Path> ask) {
        long deadline = System.nanoTime() + NODE_LIMIT.toNanos();
        while (true) {
            Path node = ask.get();
            if (Files.exists(node)) {
                return node;
            }
            if (!pause(deadline)) {
                throw ZfsProblems.unavailable("the device " + node
                                + " did not come: udev may not run, or its rules for ZFS" + " are not installed")
                        .asException();
            }
        }
    }

    /** Runs an action again as long as something such as udev has a device open, but not for long. */
    static void whileBusy(Runnable action) {
        long deadline = System.nanoTime() + BUSY_LIMIT.toNanos();
        while (true) {
            try {
                action.run();
                return;
            } catch (ZfsException e) {
                if (!(e.error() instanceof ZfsError.Busy) || !pause(deadline)) {
                    throw e;
                }
            }
        }
    }

    private static boolean pause(long deadline) {
        if (System.nanoTime() - deadline > 0) {
            return false;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
        if (Thread.currentThread().isInterrupted()) {
            throw Problem.of(ProblemCode.CANCELLED, "what", "waiting for a device of the storage pool")
                    .asException();
        }
        return true;
    }
}
