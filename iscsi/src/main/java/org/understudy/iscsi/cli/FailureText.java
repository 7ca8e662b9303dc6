package org.understudy.iscsi.cli;

import java.nio.file.NoSuchFileException;

/** Says in one line what went wrong. */
final class FailureText {

    private FailureText() {}

    static String of(Throwable failure) {
        if (failure instanceof NoSuchFileException missing) {
            return "no such file: " + missing.getFile();
        }
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }
}
