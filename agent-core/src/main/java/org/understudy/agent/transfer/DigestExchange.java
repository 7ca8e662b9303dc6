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

    /**
     * Gives the appliance changes of the digests that the disk's base has, as {@link org.understudy.core.digest.DigestChanges}
     * writes them. May be repeated.
     *
     * @return false if the appliance does not hold the base's digests in a form that can be changed: it wants all of them
     */
    boolean uploadChanges(String run, String disk, Path file);
}
