package org.understudy.agent.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.understudy.agent.linux.tracking.TrackingException;

/** What this process may do. Stateless. */
final class Privileges {

    private Privileges() {}

    /** Refuses everybody but root, before a system call does so with fewer words. */
    static void require() throws TrackingException {
        try {
            int user = ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).intValue();
            if (user != 0) {
                throw TrackingException.notRoot(user);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("/proc is not mounted", e);
        }
    }
}
