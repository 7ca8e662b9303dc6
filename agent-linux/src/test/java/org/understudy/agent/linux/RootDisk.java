package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;

/** The disk that the lab's machine runs from, and what the suite keeps of it beyond a boot. Stateless. */
final class RootDisk {

    /** On the disk itself, as the agent's is. */
    static final Path STATE = Path.of("/var/lib/understudy-lab");

    /** The last point before the machine starts again. */
    static final String LAST_POINT = "root-tracked";

    private RootDisk() {}

    static Path device() throws IOException {
        ProcessCommandRunner commands = new ProcessCommandRunner();
        String source = commands.run(Command.of("findmnt", "-nro", "SOURCE", "/"))
                .orThrow()
                .output()
                .strip();
        String parent = commands.run(Command.of("lsblk", "-ndro", "PKNAME", source))
                .orThrow()
                .output()
                .strip();
        if (parent.isEmpty()) {
            throw new IOException(source + " lies on no disk");
        }
        return Path.of("/dev", parent);
    }

    static Path volume() throws IOException {
        return LabMachine.volume().resolve("root-volume.img");
    }

    /** A copy of the volume as the last point before the machine starts again has it. */
    static Path lastPoint() throws IOException {
        return LabMachine.volume().resolve("root-last-point.img");
    }

    /** Keeps the volume as it is as that of the last point. */
    static void keepLastPoint() throws IOException {
        copy(volume(), lastPoint());
        copy(FileTargetBench.digests(volume()), FileTargetBench.digests(lastPoint()));
    }

    /** Rolls the volume back if a run was cut off since, as the appliance does. */
    static void rollBack() throws IOException {
        if (!FileTargetBench.held(volume()).equals(LAST_POINT)) {
            copy(lastPoint(), volume());
            copy(FileTargetBench.digests(lastPoint()), FileTargetBench.digests(volume()));
            FileTargetBench.holds(volume(), LAST_POINT);
        }
    }

    private static void copy(Path from, Path to) {
        new ProcessCommandRunner()
                .run(Command.of("cp", "--sparse=always", from.toString(), to.toString())
                        .withStallLimit(Duration.ofMinutes(10))) // it says nothing, and emulation is slow
                .orThrow();
    }

    static Path truth() throws IOException {
        return LabMachine.volume().resolve("root-truth.img");
    }
}
