package org.understudy.server.fleet.delivery;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A package of the agent. What it is, is told by its name, which is that of {@code ./understudy package}.
 *
 * @param format {@code deb} or {@code rpm}
 * @param architecture as the format calls it
 */
record AgentPackage(String format, String architecture, PackageVersion version, Path file) {

    private static final Pattern DEB =
            Pattern.compile("understudy-agent_(" + PackageVersion.PATTERN + ")_(amd64|arm64)\\.deb");
    private static final Pattern RPM =
            Pattern.compile("understudy-agent-(" + PackageVersion.PATTERN + ")-[0-9]{1,4}\\.(x86_64|aarch64)\\.rpm");

    /** The package that a file is by its name, if it is one. */
    static Optional<AgentPackage> of(Path file) {
        String name = String.valueOf(file.getFileName());
        Matcher deb = DEB.matcher(name);
        if (deb.matches()) {
            return Optional.of(new AgentPackage("deb", deb.group(2), new PackageVersion(deb.group(1)), file));
        }
        Matcher rpm = RPM.matcher(name);
        return rpm.matches()
                ? Optional.of(new AgentPackage("rpm", rpm.group(2), new PackageVersion(rpm.group(1)), file))
                : Optional.empty();
    }

    String name() {
        return String.valueOf(file.getFileName());
    }
}
