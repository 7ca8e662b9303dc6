package org.understudy.server.storage.btrfs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * Space held by a file, so that initiators cannot write the pool so full that not even a record could be changed. When a
 * change of the store itself finds no space, the file is given up, and it is made again when there is room. Thread-safe.
 */
final class Reserve {

    private static final Logger log = LoggerFactory.getLogger(Reserve.class);

    private final Path file;
    private final long bytes;
    private final Subvolumes subvolumes;

    Reserve(Path file, long bytes, Subvolumes subvolumes) {
        this.file = file;
        this.bytes = bytes;
        this.subvolumes = subvolumes;
    }

    /** A change of the pool that may find it full. */
    interface Change {
        void run() throws IOException;
    }

    /** Bytes that the pool owes to the reserve: not free, although btrfs says so. */
    synchronized long missing() throws IOException {
        return bytes - held();
    }

    private long held() throws IOException {
        return Files.exists(file) ? Math.min(bytes, Files.size(file)) : 0;
    }

    /** Makes the reserve whole if there is room for it. */
    synchronized void restore() {
        try {
            if (held() < bytes && subvolumes.usage().free() > 2 * bytes) {
                if (!Files.exists(file)) {
                    Files.createFile(file);
                }
                subvolumes.run(BtrfsCommands.allocate(file, bytes));
                log.info("reserve of {} bytes set aside in {}", bytes, file);
            }
        } catch (ProblemException e) {
            if (e.problem().code() != ProblemCode.POOL_FULL) {
                throw e;
            }
            log.warn("no room for the reserve of {} bytes in {}", bytes, file);
        } catch (IOException e) {
            throw subvolumes.problem(e);
        }
    }

    /** Runs a change; if it finds the pool full, gives up the reserve and runs it once more. */
    void orSpend(Change change) throws IOException {
        try {
            change.run();
        } catch (IOException e) {
            if (!subvolumes.isFull(e) || !spend()) {
                throw e;
            }
            change.run();
        } catch (ProblemException e) {
            if (e.problem().code() != ProblemCode.POOL_FULL || !spend()) {
                throw e;
            }
            change.run();
        }
    }

    private synchronized boolean spend() throws IOException {
        if (held() == 0) {
            return false;
        }
        log.warn("the pool is full: giving up the reserve {} to keep it in order", file);
        try (RandomAccessFile reserve = new RandomAccessFile(file.toFile(), "rw")) {
            reserve.setLength(0);
        }
        subvolumes.sync();
        return true;
    }
}
