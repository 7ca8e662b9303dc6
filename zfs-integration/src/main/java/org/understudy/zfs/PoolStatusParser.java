package org.understudy.zfs;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.zfs.PoolStatus.Device;
import org.understudy.zfs.PoolStatus.Scan;
import org.understudy.zfs.PoolStatus.ScanKind;
import org.understudy.zfs.PoolStatus.ScanState;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.PoolName;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads what {@code zpool} tells: JSON where the version has it, else the text for people. Not understood is a failure. */
final class PoolStatusParser {

    private static final Pattern ERRORS =
            Pattern.compile("(?m)^errors: (?:(No known data errors)|(\\d+) data errors.*|(.*))$");
    private static final Pattern SCAN = Pattern.compile(
            "(?m)^ *scan: (scrub repaired|resilvered|scrub in progress|resilver in progress|scrub paused|scrub canceled|none)(.*)$");
    private static final Pattern DROPPED = Pattern.compile("dropped ([0-9]{1,18}) events");
    private static final Pattern SCAN_ERRORS = Pattern.compile(" with (\\d+) errors");

    private PoolStatusParser() {}

    static List<Pool> pools(String output) {
        List<Pool> pools = new ArrayList<>();
        for (String line : output.lines().toList()) {
            String[] f = line.split("\t", -1);
            try {
                pools.add(new Pool(
                        new PoolName(f[0]),
                        Guid.parse(f[1]),
                        number(f[2]),
                        number(f[3]),
                        number(f[4]),
                        (int) number(f[5]),
                        f[6]));
            } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                throw unreadable(output, e);
            }
        }
        return pools;
    }

    /** A pool that cannot be opened shows {@code -} instead of numbers. */
    private static long number(String field) {
        return field.equals("-") ? 0 : Long.parseLong(field);
    }

    /** Names and identities of importable pools. */
    static List<Importable> importable(String output) {
        List<Importable> all = new ArrayList<>();
        Matcher matcher = Pattern.compile("(?m)^ +pool: (.+)\\n +id: (\\d+)\\n +state: ([A-Z]+)")
                .matcher(output);
        while (matcher.find()) {
            all.add(new Importable(new PoolName(matcher.group(1)), Guid.parse(matcher.group(2)), matcher.group(3)));
        }
        if (all.isEmpty() && !output.isBlank() && !output.startsWith("no pools available to import")) {
            throw unreadable(output, null);
        }
        return all;
    }

    static PoolEvents events(String output) {
        List<PoolEvent> all = new ArrayList<>();
        long dropped = 0;
        for (String line : output.lines().toList()) {
            Matcher lost = DROPPED.matcher(line);
            int tab = line.indexOf('\t');
            if (lost.matches()) {
                dropped += Long.parseLong(lost.group(1));
            } else if (tab >= 0) {
                all.add(new PoolEvent(
                        line.substring(0, tab), line.substring(tab + 1).strip()));
            } else {
                throw unreadable(output, null);
            }
        }
        return new PoolEvents(dropped, all);
    }

    static PoolStatus json(PoolName name, String output) {
        try {
            JsonNode pool = child(child(JsonMapper.shared().readTree(output), "pools"), name.value());
            JsonNode root = child(child(pool, "vdevs"), name.value());
            return new PoolStatus(
                    name,
                    child(pool, "state").asString(),
                    Optional.ofNullable(pool.get("scan_stats")).map(PoolStatusParser::scan),
                    members(root),
                    child(pool, "error_count").asLong());
        } catch (JacksonException | IllegalArgumentException e) {
            throw unreadable(output, e);
        }
    }

    private static JsonNode child(JsonNode node, String name) {
        JsonNode child = node.get(name);
        if (child == null) {
            throw new IllegalArgumentException("no '" + name + "'");
        }
        return child;
    }

    private static Scan scan(JsonNode node) {
        String state = child(node, "state").asString();
        boolean paused = node.path("scrub_pause").asLong(0) != 0;
        return new Scan(
                ScanKind.valueOf(child(node, "function").asString()),
                state.equals("SCANNING") ? (paused ? ScanState.PAUSED : ScanState.RUNNING) : ScanState.valueOf(state),
                child(node, "errors").asLong());
    }

    private static List<Device> members(JsonNode node) {
        List<Device> devices = new ArrayList<>();
        JsonNode vdevs = node.get("vdevs");
        if (vdevs != null) {
            vdevs.forEach(vdev -> devices.add(new Device(
                    Optional.ofNullable(vdev.get("path"))
                            .orElseGet(() -> child(vdev, "name"))
                            .asString(),
                    child(vdev, "state").asString(),
                    vdev.path("read_errors").asLong(0),
                    vdev.path("write_errors").asLong(0),
                    vdev.path("checksum_errors").asLong(0),
                    members(vdev))));
        }
        return devices;
    }

    static PoolStatus text(PoolName name, String output) {
        try {
            Matcher errors = ERRORS.matcher(output);
            Matcher state = Pattern.compile("(?m)^ *state: ([A-Z]+)$").matcher(output);
            if (!errors.find() || !state.find()) {
                throw unreadable(output, null);
            }
            long damaged = errors.group(1) != null ? 0 : errors.group(2) != null ? Long.parseLong(errors.group(2)) : 1;
            return new PoolStatus(name, state.group(1), scan(output), table(output), damaged);
        } catch (IllegalArgumentException e) {
            throw unreadable(output, e);
        }
    }

    private static Optional<Scan> scan(String output) {
        Matcher matcher = SCAN.matcher(output);
        if (!matcher.find() || matcher.group(1).equals("none")) {
            return Optional.empty();
        }
        String word = matcher.group(1);
        Matcher errors = SCAN_ERRORS.matcher(matcher.group(2));
        ScanState state = word.endsWith("progress")
                ? ScanState.RUNNING
                : word.endsWith("paused")
                        ? ScanState.PAUSED
                        : word.endsWith("canceled") ? ScanState.CANCELED : ScanState.FINISHED;
        ScanKind kind = ScanKind.valueOf(
                word.split("(ed)? ")[0].toUpperCase(Locale.ROOT).replace("RESILVERED", "RESILVER"));
        return Optional.of(new Scan(kind, state, errors.find() ? Long.parseLong(errors.group(1)) : 0));
    }

    private static final class Row {
        final int depth;
        final String name;
        final String[] columns;
        final List<Row> members = new ArrayList<>();

        Row(int depth, String name, String[] columns) {
            this.depth = depth;
            this.name = name;
            this.columns = columns;
        }

        Device device() {
            return new Device(
                    name,
                    columns[0],
                    at(1),
                    at(2),
                    at(3),
                    members.stream().map(Row::device).toList());
        }

        /** Spares have no counters. */
        private long at(int column) {
            return columns.length > column && columns[column].matches("\\d+") ? Long.parseLong(columns[column]) : 0;
        }
    }

    /** The table below "config:": two spaces more for each depth; names may hold spaces, so columns count from the header. */
    private static List<Device> table(String output) {
        List<String> lines =
                output.lines().dropWhile(line -> !line.startsWith("\tNAME ")).toList();
        if (lines.isEmpty()) {
            throw new IllegalArgumentException("no table of devices");
        }
        int stateColumn = lines.get(0).indexOf("STATE");
        Row top = new Row(-1, "", new String[] {""});
        Deque<Row> open = new ArrayDeque<>(List.of(top));
        for (String line : lines.subList(1, lines.size())) {
            if (!line.startsWith("\t")) {
                break;
            }
            String text = line.substring(1);
            int depth = text.length() - text.stripLeading().length();
            boolean heading = line.length() <= stateColumn;
            Row row = new Row(
                    depth,
                    (heading ? text : line.substring(1, stateColumn)).strip(),
                    heading
                            ? new String[] {""}
                            : line.substring(stateColumn).strip().split("\\s+"));
            while (open.element().depth >= depth) {
                open.pop();
            }
            open.element().members.add(row);
            open.push(row);
        }
        List<Device> devices = new ArrayList<>();
        // The first row is the pool itself; "spares", "logs" and "cache" are groups beside it.
        top.members.forEach(row -> {
            if (row == top.members.get(0)) {
                row.members.forEach(member -> devices.add(member.device()));
            } else {
                devices.add(row.device());
            }
        });
        return devices;
    }

    private static ZfsException unreadable(String output, @org.jspecify.annotations.Nullable Exception cause) {
        ZfsException failure = new ZfsException(new ZfsError.Unreadable(output), output);
        if (cause != null) {
            failure.initCause(cause);
        }
        return failure;
    }
}
