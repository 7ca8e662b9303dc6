package org.understudy.server.fleet;

import java.io.InputStream;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;

/**
 * Where the digest files that agents send and ask for come from and go to. Implemented by the module that owns runs and
 * points; the gateway proves who the host is and streams, the implementation decides what that host may touch.
 */
public interface DigestTransfers {

    /**
     * Takes the digest file of one disk of a run. Called on a request thread; reads {@code body} to its end and does not close
     * it. A body that ends early makes the stream throw; nothing of it may then be kept.
     *
     * @param disk the agent's key of the disk, checked for length and characters only
     * @param contentLength bytes, or -1 if the agent did not say
     * @throws org.understudy.core.problem.ProblemException {@code RUN_UNKNOWN} or {@code FOREIGN_HOST} if this is not a run of
     *     the host, {@code DISK_NOT_FOUND}, {@code DIGEST_MISMATCH}, {@code POOL_FULL}
     */
    void receive(HostId host, RunId run, String disk, InputStream body, long contentLength);

    /**
     * As {@link #receive}, for how they differ from those of the point before.
     *
     * @throws org.understudy.core.problem.ProblemException also {@code CONFLICT} if there are none that could be changed: the agent
     *     sends all of them then
     */
    void receiveChanges(HostId host, RunId run, String disk, InputStream body, long contentLength);

    /**
     * The digest file of one disk of a point, for the host that the point is of. The caller closes the stream.
     *
     * @throws org.understudy.core.problem.ProblemException {@code POINT_NOT_FOUND}, {@code FOREIGN_HOST}, {@code DISK_NOT_FOUND}
     */
    InputStream baseDigests(HostId host, PointId point, String disk);
}
