package org.understudy.iscsi.target;

/**
 * CmdSN accounting of a session (RFC 7143 section 4.2.2.1): which command is expected, and how many more may come. The window
 * closes with every queued command and opens with every finished one. Thread-safe.
 */
final class CommandWindow {

    private final int size;
    private int expected;
    private int last;

    CommandWindow(int first, int size) {
        this.size = size;
        this.expected = first;
        this.last = first + size - 1;
    }

    int size() {
        return size;
    }

    /** ExpCmdSN. */
    synchronized int expected() {
        return expected;
    }

    /** MaxCmdSN. */
    synchronized int last() {
        return last;
    }

    /** What is to be done with a numbered request. */
    enum Verdict {
        /** It is the next one. */
        TAKE,
        /** Outside of the window, or a duplicate: silently ignored. */
        IGNORE,
        /** Inside of the window but not the next: something was lost. */
        GAP
    }

    synchronized Verdict offer(int number) {
        if (number == expected) {
            if (number - last > 0) {
                return Verdict.IGNORE;
            }
            expected++;
            return Verdict.TAKE;
        }
        boolean behind = number - expected < 0;
        boolean beyond = number - last > 0;
        return behind || beyond ? Verdict.IGNORE : Verdict.GAP;
    }

    /** A numbered request was finished. */
    synchronized void finished() {
        last++;
    }
}
