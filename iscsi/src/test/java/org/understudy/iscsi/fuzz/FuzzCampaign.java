package org.understudy.iscsi.fuzz;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Long fuzzing runs. As a program: {@code FuzzCampaign FIRST_SEED PDUS_PER_SEED SEEDS}; it ends with a stack trace at the
 * first seed that does harm.
 */
final class FuzzCampaign {

    private static final int PARALLEL = 4;
    private static final int PDUS_PER_CONNECTION = 200;
    private static final int CONNECTIONS_PER_WITNESS = 200;

    private FuzzCampaign() {}

    /** Fuzzes a fresh server until the time is up or so many PDUs were sent, then looks for harm. */
    static TargetFuzzer.Count run(long seed, Duration time, long pdus) throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(PARALLEL);
        try (FuzzRange range = new FuzzRange(seed)) {
            long end = System.nanoTime() + time.toNanos();
            List<CompletableFuture<TargetFuzzer.Count>> parts = new ArrayList<>();
            for (int i = 0; i < PARALLEL; i++) {
                TargetFuzzer fuzzer = new TargetFuzzer(seed * PARALLEL + i, range);
                parts.add(CompletableFuture.supplyAsync(() -> fuzz(fuzzer, range, end, pdus / PARALLEL), threads));
            }
            TargetFuzzer.Count count = new TargetFuzzer.Count(0, 0, 0, 0, 0);
            for (CompletableFuture<TargetFuzzer.Count> part : parts) {
                count = count.plus(part.join());
            }
            range.assertUnharmed();
            System.out.println("fuzz.seed=" + seed + ": " + count);
            return count;
        } catch (CompletionException e) {
            throw new AssertionError("seed " + seed, e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private static TargetFuzzer.Count fuzz(TargetFuzzer fuzzer, FuzzRange range, long end, long pdus) {
        int connections = 0;
        while (System.nanoTime() < end && fuzzer.count().pdus() < pdus) {
            fuzzer.connection(PDUS_PER_CONNECTION);
            if (++connections % CONNECTIONS_PER_WITNESS == 0) {
                assertServes(range);
            }
        }
        return fuzzer.count();
    }

    private static void assertServes(FuzzRange range) {
        try {
            range.assertServes();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("a good client was not served", e);
        }
    }

    public static void main(String[] arguments) throws IOException {
        long first = Long.parseLong(arguments[0]);
        long pdus = Long.parseLong(arguments[1]);
        TargetFuzzer.Count total = new TargetFuzzer.Count(0, 0, 0, 0, 0);
        for (long seed = first; seed < first + Long.parseLong(arguments[2]); seed++) {
            long started = System.nanoTime();
            total = total.plus(run(seed, Duration.ofDays(1), pdus));
            System.out.printf("total after %d s: %s%n", (System.nanoTime() - started) / 1_000_000_000L, total);
        }
        System.exit(0);
    }
}
