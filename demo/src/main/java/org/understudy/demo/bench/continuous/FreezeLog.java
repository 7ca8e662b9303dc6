package org.understudy.demo.bench.continuous;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the agent's log says of the last set of each run: what was read before the freeze, and where the time of the freeze went. */
record FreezeLog(List<Entry> entries) {

    private static final Pattern LINE =
            Pattern.compile("the last set took (\\d+) rounds with (\\d+) KiB, (\\d+) syncs in (\\d+) ms;"
                    + " frozen for (\\d+) ms: call (\\d+) ms, marks (\\d+) ms, used space and (\\d+) KiB of pieces (\\d+) ms"
                    + " \\(used space (\\d+) ms\\)");

    /** Times in milliseconds, sizes in KiB. */
    record Entry(
            long rounds,
            long roundsRead,
            long syncs,
            long syncing,
            long frozen,
            long call,
            long marks,
            long frozenRead,
            long reading,
            long usedSpace) {}

    FreezeLog {
        entries = List.copyOf(entries);
    }

    static FreezeLog read(Path log) throws IOException {
        List<Entry> found = new ArrayList<>();
        try (Stream<String> lines = Files.lines(log, StandardCharsets.UTF_8)) {
            lines.forEach(line -> {
                Matcher matcher = LINE.matcher(line);
                if (matcher.find()) {
                    found.add(entry(matcher));
                }
            });
        }
        return new FreezeLog(found);
    }

    private static Entry entry(Matcher matcher) {
        long[] numbers = new long[matcher.groupCount()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Long.parseLong(matcher.group(i + 1));
        }
        return new Entry(
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[3],
                numbers[4],
                numbers[5],
                numbers[6],
                numbers[7],
                numbers[8],
                numbers[9]);
    }

    /** What came after an earlier reading of the same log. */
    FreezeLog since(FreezeLog earlier) {
        return new FreezeLog(entries.subList(earlier.entries.size(), entries.size()));
    }

    ContinuousFigures.Freezes figures() {
        return new ContinuousFigures.Freezes(
                entries.size(),
                at(0.5, Entry::frozen) / 1000.0,
                at(0.99, Entry::frozen) / 1000.0,
                at(1, Entry::frozen) / 1000.0,
                at(0.5, Entry::call) / 1000.0,
                at(0.5, Entry::marks) / 1000.0,
                at(0.5, Entry::reading) / 1000.0,
                at(0.5, Entry::usedSpace) / 1000.0,
                at(0.5, Entry::frozenRead) << 10,
                at(0.5, Entry::syncs),
                at(0.5, Entry::syncing) / 1000.0,
                at(0.99, Entry::syncing) / 1000.0,
                at(0.5, Entry::rounds),
                at(0.5, Entry::roundsRead) << 10);
    }

    private long at(double part, ToLongFunction<Entry> value) {
        long[] sorted = entries.stream().mapToLong(value).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[Math.max(0, (int) Math.ceil(sorted.length * part) - 1)];
    }
}
