package org.understudy.server.protection.internal.runs;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * The digest files of one run, from the moment that data may flow until the moment that the point is made. After
 * {@link #close} no file changes any more, however late an upload ends. Thread-safe.
 */
final class DigestIntake {

    /** Puts a complete file into its place. */
    interface Publication {
        void run() throws IOException;
    }

    /**
     * Digests that arrived.
     *
     * @param sha256 of the file as it was sent
     * @param root of the tree that it became
     * @param blocks blocks that are not zero
     */
    record Received(String sha256, String root, long blocks) {

        /** Whether this is what an agent means, which may name one or the other. */
        boolean isKnownAs(String name) {
            return name.equals(sha256) || name.equals(root);
        }
    }

    private final Map<String, RunDisk> disks = new HashMap<>();
    private final Map<String, Received> received = new HashMap<>();
    private boolean open = true;

    DigestIntake(List<RunDisk> disks) {
        disks.forEach(disk -> this.disks.put(disk.key(), disk));
    }

    /** @throws org.understudy.core.problem.ProblemException {@code DISK_NOT_FOUND} */
    RunDisk disk(String key) {
        RunDisk disk = disks.get(key);
        if (disk == null) {
            throw Problem.of(ProblemCode.DISK_NOT_FOUND, "disk", key).asException();
        }
        return disk;
    }

    /** @throws org.understudy.core.problem.ProblemException {@code CONFLICT} if the run has gone on */
    synchronized void accept(RunDisk disk, Received file, Publication publication) throws IOException {
        if (!open) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "the run takes no more digests")
                    .asException();
        }
        publication.run();
        received.put(disk.key(), file);
    }

    synchronized void close() {
        open = false;
    }

    synchronized Optional<Received> received(RunDisk disk) {
        return Optional.ofNullable(received.get(disk.key()));
    }
}
