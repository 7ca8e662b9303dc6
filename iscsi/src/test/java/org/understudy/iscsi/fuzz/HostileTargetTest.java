package org.understudy.iscsi.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;

/**
 * The initiator against a target that lies: every call ends, with a result or an {@link IscsiException} and nothing else, and
 * no thread or descriptor stays. {@code -Dfuzz.seed} repeats a run.
 */
class HostileTargetTest {

    private static final int SIZE = 8192 * 512;
    private static final int PARALLEL = 8;
    /** The JDK's own. */
    private static final int SPARE_DESCRIPTORS = 6;

    /** The same in every build; campaigns with other seeds are run by hand. */
    private static final long DEFAULT_SEED = 20261120;

    private final long seed = Long.getLong("fuzz.seed", DEFAULT_SEED);

    @Test
    @Timeout(120)
    void every_call_ends() throws IOException {
        suffer(Duration.ofSeconds(3));
    }

    @Test
    @Tag("system")
    @Timeout(180)
    void every_call_ends_for_a_while() throws IOException {
        suffer(Duration.ofSeconds(Long.getLong("fuzz.seconds", 10)));
    }

    private void suffer(Duration time) throws IOException {
        Set<String> threads = FuzzRange.threads();
        ExecutorService users = Executors.newFixedThreadPool(PARALLEL);
        try (DefectLog defects = DefectLog.watch()) {
            // The first sessions load classes and open what the JDK keeps open.
            suffer(seed, System.nanoTime() + Duration.ofSeconds(1).toNanos());
            long descriptors = FuzzRange.descriptors();
            long end = System.nanoTime() + time.toNanos();
            List<CompletableFuture<String>> parts = new ArrayList<>();
            for (int i = 0; i < PARALLEL; i++) {
                long part = seed + i;
                parts.add(CompletableFuture.supplyAsync(() -> suffer(part, end), users)
                        .orTimeout(time.toSeconds() + 60, TimeUnit.SECONDS));
            }
            parts.forEach(part -> System.out.println(part.join()));
            assertThat(defects.errors()).as("defects that seed %d found", seed).isEmpty();
            await("descriptors after seed " + seed)
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() ->
                            assertThat(FuzzRange.descriptors()).isLessThanOrEqualTo(descriptors + SPARE_DESCRIPTORS));
        } finally {
            users.shutdownNow();
        }
        await("threads after seed " + seed)
                .atMost(Duration.ofSeconds(20))
                .until(() -> threads.containsAll(FuzzRange.threads()));
    }

    /** One session after the other with a hostile target, until the time is up. */
    private String suffer(long ownSeed, long end) {
        try (HostileTarget target = new HostileTarget(ownSeed)) {
            Random random = new Random(ownSeed);
            SessionConfig config = SessionConfig.of(target.address(), FuzzRange.OPEN)
                    .withTimeout(Duration.ofMillis(100))
                    .withQueueDepth(4);
            int sessions = 0;
            while (System.nanoTime() < end) {
                sessions++;
                use(config, random);
            }
            return "fuzz.seed=" + ownSeed + ": " + sessions + " sessions, " + target.sent() + " PDUs, "
                    + target.mutated() + " of them changed";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void use(SessionConfig config, Random random) {
        try {
            if (random.nextInt(20) == 0) {
                IscsiSession.discover(config);
                return;
            }
            try (IscsiSession session = IscsiSession.login(config)) {
                session.luns();
                session.inquiry(0, false, 0);
                work(session.disk(0), random);
            }
        } catch (IscsiException e) {
            assertThat(e.getMessage()).as("what went wrong, seed %d", seed).isNotBlank();
        } catch (CompletionException e) {
            assertThat(e.getCause()).as("failure of a transfer, seed %d", seed).isInstanceOf(IscsiException.class);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            // The disk claims to be smaller than what is asked for: our own mistake, said at once.
            assertThat(e.getStackTrace())
                    .as("%s, seed %d", e, seed)
                    .anyMatch(frame -> frame.getClassName().equals(RemoteDisk.class.getName())
                            && frame.getMethodName().equals("check"));
        }
    }

    private static void work(RemoteDisk disk, Random random) throws IscsiException {
        List<CompletableFuture<Void>> transfers = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            ByteBuffer buffer = ByteBuffer.allocate(512 << random.nextInt(10));
            long offset = (long) random.nextInt((SIZE - buffer.capacity()) / 4096) * 4096;
            transfers.add(random.nextBoolean() ? disk.writeAsync(offset, buffer) : disk.readAsync(offset, buffer));
        }
        transfers.forEach(CompletableFuture::join);
        disk.flush();
    }
}
