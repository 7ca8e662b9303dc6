package org.understudy.server.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * A file that is being read. The point stays open until it is closed.
 *
 * @param entry what is read
 * @param content its bytes, holes as zeros
 */
public record OpenFile(FileEntry entry, InputStream content) implements AutoCloseable {

    private static final int BUFFER = 1 << 16;

    /**
     * Sends all that is left of the content, and tells a medium that fails from a receiver that is gone.
     *
     * @throws ProblemException {@code FILES_UNREADABLE} if the content cannot be read
     * @throws IOException if it cannot be written to {@code out}
     */
    public void copyTo(OutputStream out) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (int read = fill(buffer); read >= 0; read = fill(buffer)) {
            out.write(buffer, 0, read);
        }
    }

    private int fill(byte[] buffer) {
        try {
            return content.read(buffer);
        } catch (IOException e) {
            throw Problem.of(
                            ProblemCode.FILES_UNREADABLE,
                            "what",
                            entry.name().text(),
                            "reason",
                            String.valueOf(e.getMessage()))
                    .asException(e);
        }
    }

    @Override
    public void close() throws IOException {
        content.close();
    }
}
