package org.understudy.server.files;

import java.util.Optional;
import org.understudy.server.kernel.PointId;

/**
 * Opens recovery points and reads their files; never changes anything in a point. A point is opened once for everybody and closes by
 * itself when nobody reads it. Paths are resolved name by name; a symbolic link on the way is never followed.
 *
 * <p>Failures are {@code ProblemException}s. Every operation on an opened point: {@code FILES_NOT_OPEN}; on a file system:
 * {@code NOT_FOUND}, {@code FILES_UNREADABLE} if it was not opened or its data are damaged. Thread-safe.
 */
public interface PointFileSystems {

    /** Who parses the file systems. */
    enum Reader {
        /** The appliance's own kernel. */
        QUICK,
        /** A virtual machine of its own. */
        SAFE
    }

    /** Most entries of one page. Each page reads all names of the folder, so a walk takes large ones. */
    int MOST_ENTRIES = 20_000;

    /**
     * Opens a point, or finds it open: repeating it changes nothing but the time at which it closes. A failure leaves nothing mounted
     * and nothing in the pool.
     *
     * @throws org.understudy.core.problem.ProblemException {@code POINT_NOT_FOUND}, {@code FILES_QUICK_PATH_OFF},
     *     {@code CAPABILITY_MISSING} for a reader that is not there, {@code FILES_LIMIT_REACHED}, {@code FILES_UNREADABLE} if not one file
     *     system can be read, {@code POOL_*}, {@code COMMAND_*}
     */
    OpenedPoint open(PointId point, Reader reader);

    /** The point if it is open; asking does not keep it open. */
    Optional<OpenedPoint> opened(PointId point);

    /**
     * A page of a folder.
     *
     * @param after only names after this one; it need not exist
     * @param limit from 1 to {@link #MOST_ENTRIES}
     * @throws org.understudy.core.problem.ProblemException {@code INVALID_REQUEST} if it is not a folder
     */
    FolderPage list(PointId point, FileSystemId fileSystem, FilePath folder, Optional<FileName> after, int limit);

    /**
     * What is at a path.
     *
     * @throws org.understudy.core.problem.ProblemException {@code INVALID_REQUEST} for the root, which has no name
     */
    FileEntry entry(PointId point, FileSystemId fileSystem, FilePath path);

    /**
     * Begins to read a file. The caller closes it.
     *
     * @throws org.understudy.core.problem.ProblemException {@code INVALID_REQUEST} if it is not a regular file
     */
    OpenFile read(PointId point, FileSystemId fileSystem, FilePath path);

    /**
     * Closes a point; does nothing if it is closed.
     *
     * @throws org.understudy.core.problem.ProblemException {@code FILES_BUSY} while a file is being read, {@code COMMAND_*}
     */
    void close(PointId point);
}
