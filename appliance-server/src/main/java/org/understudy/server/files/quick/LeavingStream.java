package org.understudy.server.files.quick;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicBoolean;

/** Content of a file that lets go of its opened point once, when it is closed. */
final class LeavingStream extends FilterInputStream {

    private final Opening opening;
    private final AtomicBoolean left = new AtomicBoolean();

    LeavingStream(InputStream content, Opening opening) {
        super(content);
        this.opening = opening;
    }

    @Override
    public void close() throws IOException {
        try {
            super.close();
        } finally {
            if (left.compareAndSet(false, true)) {
                opening.leave();
            }
        }
    }
}
