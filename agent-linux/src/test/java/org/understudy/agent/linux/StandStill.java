package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.understudy.agent.snapshot.Freezer;
import org.understudy.core.command.ProcessCommandRunner;

/** Freezes the file systems of a disk as the agent does, with its watchdog, for what a test has to look at meanwhile. */
final class StandStill implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final KernelFiles files = KernelFiles.ofThisHost();
    private final LinuxFreezer freezer;
    private final String disk;

    /**
     * @param disk kernel name
     */
    StandStill(String disk, Path directory) {
        this.disk = disk;
        freezer = new LinuxFreezer(files, new ProcessCommandRunner(), directory.resolve("stand-still.log"));
    }

    /** What is done while nothing changes. */
    @FunctionalInterface
    interface Look<T> {
        T at() throws Exception;
    }

    <T> T during(Look<T> look) throws Exception {
        var mounts = new MountFinder(files).mountsOf(disk);
        if (mounts.isEmpty()) {
            throw new IOException("no file system of " + disk + " is mounted");
        }
        try (Freezer.Hold hold = freezer.prepare(mounts, LIMIT)) {
            hold.sync();
            T seen;
            boolean whole;
            hold.freeze();
            try {
                seen = look.at();
            } finally {
                whole = hold.thaw();
            }
            if (!whole) {
                throw new IOException(disk + " did not stand still for " + LIMIT.toSeconds() + " s");
            }
            return seen;
        }
    }

    @Override
    public void close() {
        freezer.close();
    }
}
