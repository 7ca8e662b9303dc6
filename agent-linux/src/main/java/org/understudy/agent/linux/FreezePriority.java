package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets this process go before others while file systems stand still: the agent is polite (nice 10, lowest I/O level), but whoever waits for its
 * thaw waits for all programs that are before it. Processor by setpriority(2), I/O by ioprio_set(2), thread by thread,
 * because Linux knows both for threads only. A process that may not do that (no {@code CAP_SYS_NICE}) stays as it is. Used by one
 * thread.
 */
final class FreezePriority {

    /** Before everything usual, behind what an administrator put before everything. */
    private static final int URGENT_NICE = -10;

    private static final long IOPRIO_WHO_PROCESS = 1;

    /** {@code IOPRIO_CLASS_BE}, level 0; {@code linux/ioprio.h}. */
    private static final long URGENT_IO = 2L << 13;

    private final Path tasks;
    private final Map<Integer, Usual> usual = new HashMap<>();
    private @Nullable Usual ofOthers;

    private record Usual(int nice, long io) {}

    FreezePriority(Path proc) {
        tasks = proc.resolve("self/task");
    }

    /** Raises all threads. Opens files, so it is for before the freeze. */
    void raise() {
        if (!usual.isEmpty()) {
            return;
        }
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                int id = Integer.parseInt(String.valueOf(thread.getFileName()));
                if (!raise(id)) {
                    return;
                }
            }
        } catch (IOException e) {
            // Whoever was raised is put back by restore; the rest waits its turn, as without this class.
            return;
        }
    }

    /** Returns false if this process must not raise its threads. */
    private boolean raise(int thread) {
        try {
            Usual before = new Usual(
                    LibC.getpriority(LibC.PRIO_PROCESS, thread),
                    LibC.syscall(LibC.IOPRIO_GET, IOPRIO_WHO_PROCESS, thread, 0));
            LibC.setpriority(LibC.PRIO_PROCESS, thread, Math.min(before.nice(), URGENT_NICE));
            usual.put(thread, before);
            ofOthers = before;
            LibC.syscall(LibC.IOPRIO_SET, IOPRIO_WHO_PROCESS, thread, URGENT_IO);
            return true;
        } catch (LastErrorException e) {
            // ESRCH is a thread that has just ended.
            return e.getErrorCode() == LibC.ESRCH;
        }
    }

    /** Puts all threads back; those that began meanwhile, and so inherited the urgency, too. */
    void restore() {
        Usual others = ofOthers;
        if (others == null) {
            return;
        }
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                int id = Integer.parseInt(String.valueOf(thread.getFileName()));
                restore(id, usual.getOrDefault(id, others));
            }
        } catch (IOException e) {
            usual.forEach(FreezePriority::restore);
        }
        usual.clear();
        ofOthers = null;
    }

    private static void restore(int thread, Usual before) {
        try {
            LibC.setpriority(LibC.PRIO_PROCESS, thread, before.nice());
            LibC.syscall(LibC.IOPRIO_SET, IOPRIO_WHO_PROCESS, thread, before.io());
        } catch (LastErrorException e) {
            // The thread has ended; going down is allowed to everybody.
            return;
        }
    }
}
