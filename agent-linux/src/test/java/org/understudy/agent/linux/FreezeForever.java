package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.understudy.agent.snapshot.Freezer;
import org.understudy.core.command.ProcessCommandRunner;

/**
 * An agent that freezes a disk's file systems, says so, and does nothing more; for tests that kill it. Arguments: kernel name of the disk,
 * log of the watchdog, limit in milliseconds.
 */
final class FreezeForever {

    private FreezeForever() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        KernelFiles files = KernelFiles.ofThisHost();
        LinuxFreezer freezer = new LinuxFreezer(files, new ProcessCommandRunner(), Path.of(arguments[1]));
        Freezer.Hold hold = freezer.prepare(
                new MountFinder(files).mountsOf(arguments[0]), Duration.ofMillis(Long.parseLong(arguments[2])));
        hold.freeze();
        System.out.write('F');
        System.out.flush();
        new CountDownLatch(1).await();
    }
}
