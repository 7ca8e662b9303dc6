package org.understudy.core.command;

import org.understudy.core.problem.ProblemException;

/**
 * Runs external programs; the only place of the product that starts processes. Implementations: {@link ProcessCommandRunner}
 * and, for tests, a strict scripted one. Thread-safe.
 */
public interface CommandRunner {

    /**
     * Runs a program to its end. A non-zero exit status is a result, not an exception.
     *
     * @throws ProblemException {@code COMMAND_MISSING} if the program cannot be started, {@code COMMAND_STALLED} if it was
     *     ended by the stall watchdog, {@code CANCELLED} if the calling thread was interrupted (the program is ended first
     *     and the interrupt flag kept)
     */
    CommandResult run(Command command);

    /**
     * Starts a program that outlives this call: a daemon or a long-lived child. Its streams go to {@code log}.
     *
     * @throws ProblemException {@code COMMAND_MISSING} if the program cannot be started
     */
    RunningProcess start(Command command, java.nio.file.Path log);
}
