package org.understudy.agent.snapshot;

/**
 * How much of what differs a pass may leave to the frozen pass that follows, shared by all disks of the pass. What is left is read
 * and sent once, in its final state; what is sent now is sent again if it changes before the freeze. Not thread-safe.
 */
public final class Deferral {

    private long leftBytes;
    private boolean open;

    private Deferral(long bytes) {
        leftBytes = bytes;
        open = bytes > 0;
    }

    /** Nothing may be left: every difference is sent. */
    public static Deferral none() {
        return new Deferral(0);
    }

    public static Deferral upTo(long bytes) {
        return new Deferral(bytes);
    }

    /**
     * Whether a difference of this many bytes is left. After the first no it is always no, so that what is left lies before all
     * that is sent.
     */
    public boolean leaves(long bytes) {
        open = open && bytes <= leftBytes;
        if (open) {
            leftBytes -= bytes;
        }
        return open;
    }
}
