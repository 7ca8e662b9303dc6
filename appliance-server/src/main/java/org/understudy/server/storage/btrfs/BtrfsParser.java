package org.understudy.server.storage.btrfs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the output of the tools. Text that is not understood is a failure, never an omission. */
final class BtrfsParser {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Pattern LINE = Pattern.compile("\\s+([A-Z][A-Za-z ()]*):\\s+(\\d+)(?:\\s.*)?");

    private BtrfsParser() {}

    /** The whole file system in bytes; {@code free} is what data can still take. */
    record Usage(long size, long used, long free) {}

    record Loop(Path device, String backingFile) {}

    record Mount(String source, String type) {}

    /** Output of {@link BtrfsCommands#usage}: its first paragraph. */
    static Usage usage(String output) {
        Map<String, Long> numbers = new TreeMap<>();
        for (String line : output.lines().takeWhile(l -> !l.startsWith("Data,")).toList()) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                numbers.put(matcher.group(1), Long.valueOf(matcher.group(2)));
            }
        }
        return new Usage(
                number(numbers, "Device size", output),
                number(numbers, "Used", output),
                number(numbers, "Free (estimated)", output));
    }

    private static long number(Map<String, Long> numbers, String name, String output) {
        Long number = numbers.get(name);
        if (number == null) {
            throw unreadable("btrfs filesystem usage", output);
        }
        return number;
    }

    /** Output of {@link BtrfsCommands#listLoops}; empty text where no loop device exists at all. */
    static List<Loop> loops(String output) {
        List<Loop> loops = new ArrayList<>();
        if (!output.isBlank()) {
            for (JsonNode loop : array("losetup", output, "loopdevices")) {
                loops.add(new Loop(Path.of(text("losetup", loop, "name")), text("losetup", loop, "back-file")));
            }
        }
        return loops;
    }

    /** Output of {@link BtrfsCommands#findMount}: the topmost mount of the directory. */
    static Optional<Mount> mount(String output) {
        Mount top = null;
        if (!output.isBlank()) {
            for (JsonNode mount : array("findmnt", output, "filesystems")) {
                top = new Mount(text("findmnt", mount, "source"), text("findmnt", mount, "fstype"));
            }
        }
        return Optional.ofNullable(top);
    }

    /** Output of {@link BtrfsCommands#allocation} in bytes. */
    static long allocatedBytes(String output) {
        Matcher matcher = Pattern.compile("(\\d+) (\\d+)\\s*").matcher(output);
        if (!matcher.matches()) {
            throw unreadable("stat", output);
        }
        return Math.multiplyExact(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
    }

    private static JsonNode array(String tool, String output, String name) {
        try {
            JsonNode array = JSON.readTree(output).get(name);
            if (array != null && array.isArray()) {
                return array;
            }
        } catch (JacksonException e) {
            throw problem(tool, output).asException(e);
        }
        throw unreadable(tool, output);
    }

    private static String text(String tool, JsonNode node, String name) {
        @Nullable JsonNode value = node.get(name);
        if (value == null || !value.isString()) {
            throw unreadable(tool, node.toString());
        }
        return value.stringValue();
    }

    private static ProblemException unreadable(String tool, String output) {
        return problem(tool, output).asException();
    }

    private static Problem problem(String tool, String output) {
        return Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", "the output of " + tool + " is not understood")
                .withDetails(output);
    }
}
