package org.understudy.demo.delivery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;

/** Packages made by the repository's own script, of the agent that this build has packaged. */
final class AgentPackagesBuilt {

    private AgentPackagesBuilt() {}

    /** The repository: tests run in a folder of it. */
    static Path home() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("deploy/packages/build.sh"))) {
            here = java.util.Objects.requireNonNull(here.getParent());
        }
        return here;
    }

    /** Builds one package and returns its file. */
    static Path build(CommandRunner commands, Path out, String format, String version) throws IOException {
        commands.run(Command.of(home().resolve("deploy/packages/build.sh").toString(), out.toString(), format)
                        .withEnvironment(Map.of(
                                "JAVA_HOME",
                                System.getProperty("java.home"),
                                "UNDERSTUDY_PACKAGE_VERSION",
                                version,
                                "UNDERSTUDY_PACKAGE_FAST",
                                "1",
                                // Whoever commits while the tests run does not change the bytes.
                                "SOURCE_DATE_EPOCH",
                                "1795132800"))
                        .withStallLimit(Duration.ofMinutes(5)))
                .orThrow();
        List<Path> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(out)) {
            files.filter(file -> file.getFileName().toString().contains(version)
                            && file.getFileName().toString().endsWith("." + format))
                    .forEach(found::add);
        }
        if (found.size() != 1) {
            throw new IllegalStateException(found.size() + " packages were made: " + found);
        }
        return found.get(0);
    }

    /** The same package under another version, without building it again. */
    static Path renamed(CommandRunner commands, Path deb, Path work, String from, String to) throws IOException {
        Path tree = work.resolve("repacked");
        commands.run(Command.of("dpkg-deb", "-R", deb.toString(), tree.toString()))
                .orThrow();
        Path control = tree.resolve("DEBIAN/control");
        Files.writeString(control, Files.readString(control).replace("Version: " + from, "Version: " + to));
        Path options = tree.resolve("usr/lib/understudy-agent/agent.options");
        Files.writeString(options, Files.readString(options).replace(from, to));
        Path made = deb.resolveSibling(deb.getFileName().toString().replace(from, to));
        commands.run(Command.of("dpkg-deb", "--root-owner-group", "-Znone", "-b", tree.toString(), made.toString())
                        .withStallLimit(Duration.ofMinutes(3)))
                .orThrow();
        return made;
    }
}
