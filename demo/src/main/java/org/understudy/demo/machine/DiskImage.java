package org.understudy.demo.machine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Where the protected machine's disk comes from: made here, or a copy of the user's. */
public final class DiskImage {

    private static final Duration BUILD_STALL_LIMIT = Duration.ofMinutes(3);

    private DiskImage() {}

    /**
     * Makes a small bootable Linux server.
     *
     * @param home the repository, which holds the script
     * @param hostName name of the machine
     * @param target raw image to write
     */
    public static void make(CommandRunner commands, Path home, String hostName, Path target) {
        make(commands, home, target, Map.of("HOST_NAME", hostName));
    }

    /** As above, with the script's own settings ({@code SIZE}, {@code FLAVOUR}, {@code DATA_MB} …). */
    public static void make(CommandRunner commands, Path home, Path target, Map<String, String> settings) {
        commands.run(Command.of("bash", home.resolve("demo/guest/make-guest.sh").toString(), target.toString())
                        .withEnvironment(settings)
                        .withStallLimit(BUILD_STALL_LIMIT))
                .orThrow();
    }

    /**
     * Copies a raw or qcow2 disk to a sparse raw image. The original is only read.
     *
     * @throws IllegalArgumentException if {@code source} is no disk that qemu-img understands
     */
    public static void copy(CommandRunner commands, Path source, Path target) {
        if (!Files.isReadable(source)) {
            throw new IllegalArgumentException("the disk " + source + " does not exist or cannot be read");
        }
        CommandResult info = commands.run(Command.of("qemu-img", "info", "--output=json", source.toString()));
        if (!info.succeeded()) {
            throw new IllegalArgumentException("qemu-img cannot read the disk " + source + ": "
                    + info.errorOutput().strip());
        }
        JsonNode facts = JsonMapper.shared().readTree(info.output());
        String format = facts.get("format").asString();
        if (!format.equals("raw") && !format.equals("qcow2")) {
            throw new IllegalArgumentException(
                    "the disk " + source + " is of format " + format + "; raw and qcow2 are supported");
        }
        commands.run(Command.of("qemu-img", "convert", "-f", format, "-O", "raw", source.toString(), target.toString()))
                .orThrow();
    }
}
