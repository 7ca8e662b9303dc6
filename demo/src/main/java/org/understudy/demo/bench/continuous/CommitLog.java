package org.understudy.demo.bench.continuous;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What clients were told: when which of their transactions was committed. Read from the logs of pgbench, one line for each transaction: client,
 * number, latency, script, seconds and microseconds of its end. The n-th transaction of a client has put n into the journal.
 */
final class CommitLog {

    private static final String PREFIX = "pgbench_log";

    private final Map<Integer, List<Instant>> byClient;
    private final long[] latencies;

    /** @param latencies in microseconds */
    private CommitLog(Map<Integer, List<Instant>> byClient, long[] latencies) {
        this.byClient = byClient;
        this.latencies = latencies;
        Arrays.sort(latencies);
    }

    static CommitLog read(Path directory) throws IOException {
        Map<Integer, List<Instant>> byClient = new TreeMap<>();
        LongStream.Builder latencies = LongStream.builder();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(path -> path.getFileName().toString().startsWith(PREFIX))
                    .sorted()
                    .toList()) {
                for (String line : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
                    String[] fields = line.split(" ", -1);
                    if (fields.length < 6) {
                        throw new IOException("a line of " + file + " cannot be read: " + line);
                    }
                    latencies.add(Long.parseLong(fields[2]));
                    byClient.computeIfAbsent(Integer.parseInt(fields[0]), client -> new ArrayList<>())
                            .add(Instant.ofEpochSecond(Long.parseLong(fields[4]), Long.parseLong(fields[5]) * 1000));
                }
            }
        }
        return new CommitLog(byClient, latencies.build().toArray());
    }

    /** How long a transaction took, in seconds: the longest of this part of them. 0 if there is none. */
    double latency(double part) {
        return latencies.length == 0 ? 0 : latencies[Math.max(0, (int) Math.ceil(latencies.length * part) - 1)] / 1e6;
    }

    long size() {
        return byClient.values().stream().mapToLong(List::size).sum();
    }

    /** For each client, how many of its transactions it knew to be committed before the instant. */
    Map<Integer, Long> committedBefore(Instant instant) {
        Map<Integer, Long> counts = new TreeMap<>();
        byClient.forEach((client, ends) -> counts.put(
                client, ends.stream().takeWhile(end -> end.isBefore(instant)).count()));
        return counts;
    }
}
