package org.understudy.agent.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** What this process may do. Stateless. */
final class Privileges {

    private Privileges() {}

    /** Refuses everybody but root, before a system call does so with fewer words. */
    static void require() throws TrackingException {
        int user = user();
        if (user != 0) {
            throw TrackingException.notRoot(user);
        }
    }

    /**
     * Refuses whoever may not look into the agent's state: to them it would seem that this host is not enrolled.
     *
     * @throws org.understudy.core.problem.ProblemException {@code ROOT_REQUIRED}
     */
    static void requireFor(Path state) {
        if (Files.exists(state) && !Files.isExecutable(state)) {
            throw Problem.of(ProblemCode.ROOT_REQUIRED, "user", Integer.toString(user()), "file", state.toString())
                    .asException();
        }
    }

    /**
     * Refuses whoever may not make or change the agent's state.
     *
     * @throws org.understudy.core.problem.ProblemException {@code ROOT_REQUIRED}
     */
    static void requireToChange(Path state) {
        Path there = state.toAbsolutePath();
        while (there.getParent() != null && !Files.exists(there)) {
            there = there.getParent();
        }
        if (!Files.isWritable(there)) {
            throw Problem.of(ProblemCode.ROOT_REQUIRED, "user", Integer.toString(user()), "file", there.toString())
                    .asException();
        }
    }

    private static int user() {
        try {
            return ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).intValue();
        } catch (IOException e) {
            throw new UncheckedIOException("/proc is not mounted", e);
        }
    }
}
