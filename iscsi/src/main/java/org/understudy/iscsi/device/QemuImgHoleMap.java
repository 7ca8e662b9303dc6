package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * Asks {@code qemu-img map} for the holes of a regular file; it uses SEEK_DATA and SEEK_HOLE. Costs some ten milliseconds a
 * question. Where the program is missing, and for block devices, nothing is known.
 */
public final class QemuImgHoleMap implements HoleMap {

    private static final Logger log = LoggerFactory.getLogger(QemuImgHoleMap.class);
    private static final Pattern ENTRY =
            Pattern.compile("\"start\": (\\d+), \"length\": (\\d+),[^}]*?\"data\": (true|false)");

    private final CommandRunner commands;
    private final AtomicBoolean missing = new AtomicBoolean();

    public QemuImgHoleMap(CommandRunner commands) {
        this.commands = commands;
    }

    @Override
    public List<Range> ranges(Path file, long offset, long length) throws IOException {
        if (missing.get() || !Files.isRegularFile(file)) {
            return List.of();
        }
        // -U: what others have open may be asked about too. An absolute path cannot be taken for a URL.
        Command command = Command.of(
                "qemu-img",
                "map",
                "-U",
                "--output=json",
                "--format=raw",
                "--start-offset=" + offset,
                "--max-length=" + length,
                file.toAbsolutePath().toString());
        try {
            CommandResult result = commands.run(command);
            if (!result.succeeded()) {
                throw new IOException("holes of " + file + " cannot be told: "
                        + result.errorOutput().strip());
            }
            return parse(result.output());
        } catch (ProblemException e) {
            if (e.problem().code() == ProblemCode.COMMAND_MISSING) {
                if (missing.compareAndSet(false, true)) {
                    log.info("qemu-img is not installed: files are shown as fully allocated");
                }
                return List.of();
            }
            throw new IOException("holes of " + file + " cannot be told", e);
        }
    }

    private static List<Range> parse(String json) {
        List<Range> ranges = new ArrayList<>();
        Matcher entry = ENTRY.matcher(json);
        while (entry.find()) {
            ranges.add(new Range(
                    entry.group(3).equals("false"), Long.parseLong(entry.group(1)), Long.parseLong(entry.group(2))));
        }
        return ranges;
    }
}
