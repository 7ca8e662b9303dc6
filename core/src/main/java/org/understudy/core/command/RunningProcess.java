package org.understudy.core.command;

import java.time.Duration;

/** A program started by {@link CommandRunner#start}. */
public interface RunningProcess extends AutoCloseable {

    long pid();

    boolean isAlive();

    /** Waits up to {@code limit} for the program to end. */
    boolean awaitExit(Duration limit);

    /** Exit status; only after {@link #isAlive} is false. */
    int exitStatus();

    /** Asks the program to end (TERM), and ends it (KILL) if it has not after five seconds. Idempotent. */
    @Override
    void close();
}
