package org.understudy.agent.upgrade;

import java.nio.file.Path;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** The host's package system, as far as the agent's own package goes. Used by one thread. */
public interface PackageInstaller {

    /** For an agent that did not come as a package. */
    PackageInstaller NONE = new PackageInstaller() {
        @Override
        public Kind kind() {
            throw Problem.of(ProblemCode.UPGRADE_REFUSED, "reason", "it was not installed as a package")
                    .asException();
        }

        @Override
        public void install(Path file) {
            throw new IllegalStateException("there is no kind of package to install");
        }
    };

    /**
     * Which package fits this host.
     *
     * @param format {@code deb} or {@code rpm}
     * @param architecture as the format calls it
     */
    record Kind(String format, String architecture) {}

    /**
     * What this agent was installed as.
     *
     * @throws org.understudy.core.problem.ProblemException {@code UPGRADE_REFUSED} if it was not, or if this host does not allow it
     */
    Kind kind();

    /**
     * Installs a package, outside this process, which the new package may end in the middle of this call.
     *
     * @throws org.understudy.core.problem.ProblemException {@code UPGRADE_FAILED} with the package system's words; the old version
     *     goes on
     */
    void install(Path file);
}
