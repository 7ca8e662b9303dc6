package org.understudy.agent.usedspace;

/** A file system's allocation records cannot be relied on; the message completes the sentence "read whole: …". */
final class UnmappableException extends Exception {

    UnmappableException(String reason) {
        super(reason);
    }
}
