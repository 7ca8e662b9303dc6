package org.understudy.agent.snapshot;

/** Who takes a view: the heads of its disks, and ears for its progress. */
public interface ViewReceiver {

    /** The head of a disk of the view. */
    DiskHead head(String disk);

    /** A pass over all disks begins. */
    void passStarted(int pass, long totalBytes);

    /** That many more bytes of the pass are dealt with. */
    void passRead(long bytes);

    /** All file systems are frozen. The receiver must not write, log or start anything until {@link #thawed}. */
    void frozen();

    void thawed();
}
