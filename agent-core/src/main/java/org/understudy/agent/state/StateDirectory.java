package org.understudy.agent.state;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.ProtocolCodec;

/**
 * The directory that holds all that the agent keeps; see {@code docs/design/agent-transfer.md} for its layout. One process at a
 * time owns it. Not thread-safe but for {@link #identity}.
 */
public final class StateDirectory implements AutoCloseable {

    private static final String IDENTITY = "identity.json";
    private static final String POST_SCRIPT_DUE = "post-script-due";

    private final Path root;
    private final FileChannel lockFile;
    private final FileLock lock;

    private StateDirectory(Path root, FileChannel lockFile, FileLock lock) {
        this.root = root;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * Takes the directory for this process; creates it (mode 0700) if it is not there.
     *
     * @throws org.understudy.core.problem.ProblemException {@code AGENT_STATE_IN_USE} if another agent has it
     */
    public static StateDirectory open(Path root) {
        try {
            AtomicFiles.createPrivateDirectory(root);
            FileChannel file =
                    FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(file);
            if (lock == null) {
                file.close();
                throw Problem.of(ProblemCode.AGENT_STATE_IN_USE, "directory", root.toString())
                        .asException();
            }
            return new StateDirectory(root, file, lock);
        } catch (IOException e) {
            throw damaged(root, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException e) {
            // Held by this very process: the same answer as for another one.
            return null;
        }
    }

    /** The identity in a directory that this process need not own, or empty if the host was never enrolled. */
    public static Optional<Identity> peek(Path root) {
        Path file = root.resolve(IDENTITY);
        try {
            return Files.exists(file)
                    ? Optional.of(
                            ProtocolCodec.readDocument(Files.readString(file, StandardCharsets.UTF_8), Identity.class))
                    : Optional.empty();
        } catch (IOException | RuntimeException e) {
            throw damaged(root, e);
        }
    }

    /**
     * What somebody who does not own the directory can see.
     *
     * @param inUse whether an agent runs on it
     * @param bases points of which digests are kept
     */
    public record Glance(boolean inUse, List<String> bases) {}

    /** Looks into a directory without changing it. */
    public static Glance glance(Path root) {
        Path lock = root.resolve("lock");
        try {
            boolean inUse = false;
            if (Files.exists(lock)) {
                try (FileChannel file = FileChannel.open(lock, StandardOpenOption.WRITE)) {
                    FileLock taken = tryLock(file);
                    inUse = taken == null;
                }
            }
            return new Glance(inUse, BaseStore.pointsIn(root));
        } catch (IOException e) {
            throw damaged(root, e);
        }
    }

    private static RuntimeException damaged(Path root, Exception cause) {
        return Problem.of(ProblemCode.AGENT_STATE_DAMAGED, "directory", root.toString())
                .asException(cause);
    }

    public Path root() {
        return root;
    }

    public Optional<Identity> identity() {
        return peek(root);
    }

    /** Replaces the identity and forgets every base, which belonged to the old one. Atomic. */
    public void enrol(Identity identity) {
        try {
            bases().clear();
            AtomicFiles.replace(
                    root.resolve(IDENTITY), ProtocolCodec.write(identity).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw damaged(root, e);
        }
    }

    /** The digest files of the bases and of the running run. Leftovers of a process that died are deleted. */
    public BaseStore bases() {
        try {
            return new BaseStore(root);
        } catch (IOException e) {
            throw damaged(root, e);
        }
    }

    /** Scripts of the administrator. */
    public Path hooks() {
        return root.resolve("hooks");
    }

    /** Where programs that the agent starts write what they say. */
    public Path log(String name) {
        return root.resolve(name + ".log");
    }

    /** Whether a pre-script ran whose post-script has not. Survives the process. */
    public boolean postScriptDue() {
        return Files.exists(root.resolve(POST_SCRIPT_DUE));
    }

    /** Remembers durably whether a post-script is due. */
    public void setPostScriptDue(boolean due) {
        try {
            if (due) {
                AtomicFiles.replace(root.resolve(POST_SCRIPT_DUE), new byte[0]);
            } else if (Files.deleteIfExists(root.resolve(POST_SCRIPT_DUE))) {
                AtomicFiles.syncDirectory(root);
            }
        } catch (IOException e) {
            throw damaged(root, e);
        }
    }

    /** Gives the directory free for another process. */
    @Override
    public void close() {
        try (lockFile) {
            lock.release();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
