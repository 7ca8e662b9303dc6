package org.understudy.core.digest;

import java.io.IOException;

/** A digest file that must not be believed: cut short, altered, or not a digest file at all. */
public final class CorruptDigestFileException extends IOException {

    public CorruptDigestFileException(String message) {
        super(message);
    }

    public CorruptDigestFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
