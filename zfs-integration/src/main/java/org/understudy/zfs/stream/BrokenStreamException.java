package org.understudy.zfs.stream;

import java.io.IOException;

/** A send stream that is not one, ends early or contradicts itself. */
public final class BrokenStreamException extends IOException {

    public BrokenStreamException(String message) {
        super(message);
    }
}
