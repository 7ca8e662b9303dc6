package org.understudy.core.command;

import java.io.InputStream;
import java.io.OutputStream;

/** A program that listens and answers; see {@link InteractiveRunner}. */
public interface InteractiveProcess extends RunningProcess {

    /** The program's standard input; buffered, so flush after each message. */
    OutputStream input();

    /** The program's standard output. */
    InputStream output();
}
