package org.understudy.server.storage.btrfs;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.ByteSize;

/** Runs the btrfs commands on a mounted pool and turns what goes wrong into problems of the port. */
final class Subvolumes {

    private static final String FULL = "No space left on device";
    private static final String READ_ONLY = "Read-only file system";

    private final CommandRunner runner;
    private final Path mount;

    Subvolumes(CommandRunner runner, Path mount) {
        this.runner = runner;
        this.mount = mount;
    }

    void create(Path path) {
        run(BtrfsCommands.createSubvolume(path));
    }

    void snapshot(Path source, Path target) {
        run(BtrfsCommands.snapshot(source, target));
    }

    void readOnlySnapshot(Path source, Path target) {
        run(BtrfsCommands.readOnlySnapshot(source, target));
    }

    void deleteIfPresent(Path path) {
        if (Files.exists(path)) {
            run(BtrfsCommands.deleteSubvolume(path));
        }
    }

    /** All that happened before is on disk when this returns. */
    void sync() {
        run(BtrfsCommands.sync(mount));
    }

    void sendChanges(Path from, Path to, Path stream) {
        run(BtrfsCommands.sendChanges(from, to, stream));
    }

    BtrfsParser.Usage usage() {
        return BtrfsParser.usage(run(BtrfsCommands.usage(mount)).output());
    }

    CommandResult run(Command command) {
        CommandResult result = runner.run(command);
        if (!result.succeeded()) {
            if (result.errorOutput().contains(FULL)) {
                throw full().withDetails(result.errorOutput().strip()).asException();
            }
            if (result.errorOutput().contains(READ_ONLY)) {
                throw Problem.of(
                                ProblemCode.POOL_UNAVAILABLE,
                                "reason",
                                "the kernel made " + mount + " read-only, as it does after a disk fault")
                        .withDetails(result.errorOutput().strip())
                        .asException();
            }
        }
        return result.orThrow();
    }

    /** A failed file operation in the pool as a problem of the port. */
    ProblemException problem(IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return Problem.of(ProblemCode.CANCELLED, "what", "work on the storage pool")
                    .asException(e);
        }
        if (isFull(e)) {
            return full().asException(e);
        }
        return Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", "a file operation failed in " + mount)
                .asException(e);
    }

    /**
     * The JDK hides the error number and its text follows the locale of the process, so a translated message is checked against
     * the pool itself.
     */
    boolean isFull(IOException e) {
        if (String.valueOf(e.getMessage()).contains(FULL)) {
            return true;
        }
        try {
            return Files.getFileStore(mount).getUsableSpace() == 0;
        } catch (IOException unreadable) {
            e.addSuppressed(unreadable);
            return false;
        }
    }

    static Problem full() {
        return full(0);
    }

    static Problem full(long free) {
        return Problem.of(ProblemCode.POOL_FULL, "free", new ByteSize(Math.max(0, free)).toString());
    }
}
