package org.understudy.core.command;

import org.understudy.core.problem.ProblemException;

/** Starts programs that the caller talks to over pipes while they run. Thread-safe. */
public interface InteractiveRunner {

    /**
     * Starts a program with its standard input and output as pipes to the caller; standard error goes to {@code log}. The
     * pipes close when the calling process dies, however it dies, which the program may take as its signal.
     *
     * @throws ProblemException {@code COMMAND_MISSING} if the program cannot be started
     */
    InteractiveProcess converse(Command command, java.nio.file.Path log);
}
