package org.understudy.agent.transfer;

import java.nio.file.Path;

/** The appliance's store of digest files. Thread-safe; freed by an interrupt. */
public interface DigestExchange {

    /**
     * Fetches the digests of a disk at a point into a file, which is replaced.
     *
     * @throws org.understudy.core.problem.ProblemException with what the appliance says, or {@code APPLIANCE_UNREACHABLE}
     */
    void fetch(String point, String disk, Path file);

    /** Gives the appliance the digests of a disk as the run wrote it. May be repeated. */
    void upload(String run, String disk, Path file);
}
