package org.understudy.server.hypervisor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;

/** Makes the small bootable Linux disk of the platform tests; see {@code make-guest.sh}. */
public final class TestGuest {

    private static final CommandRunner COMMANDS = new ProcessCommandRunner();

    private TestGuest() {}

    /** A disk whose web server answers with {@code page} and a line end. */
    public static Path make(Path directory, String page) {
        Path disk = directory.resolve("guest-disk.raw");
        try (InputStream script = Objects.requireNonNull(TestGuest.class.getResourceAsStream("make-guest.sh"))) {
            COMMANDS.run(Command.of("bash", "-s", disk.toString())
                            .withInput(script.readAllBytes())
                            .withEnvironment(Map.of("PAGE", page)))
                    .orThrow();
            return disk;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A sparse copy, as a clone would be. */
    public static Path copy(Path disk, Path target) {
        COMMANDS.run(Command.of("cp", "--sparse=always", disk.toString(), target.toString()))
                .orThrow();
        return target;
    }

    /** A sparse file with nothing in it: a machine with it runs and finds nothing to boot. */
    public static Path blank(Path file, long bytes) {
        try {
            Files.write(file, new byte[0]);
            try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
                channel.write(java.nio.ByteBuffer.wrap(new byte[1]), bytes - 1);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
