package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("platform")
class FreezePriorityPlatformTest {

    private final FreezePriority priority = new FreezePriority(Path.of("/proc"));

    @Test
    void allThreadsGoFirstAndComeBackAlsoThoseThatBeganMeanwhile() throws Exception {
        Map<Integer, Integer> before = niceOfThreads();
        CountDownLatch runs = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Thread late = new Thread(() -> {
            runs.countDown();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        priority.raise();
        late.start();
        runs.await();

        assertThat(niceOfThreads().entrySet())
                .filteredOn(thread -> before.containsKey(thread.getKey()))
                .isNotEmpty()
                .allSatisfy(thread -> assertThat(thread.getValue()).isLessThanOrEqualTo(-10));

        priority.restore();

        assertThat(niceOfThreads())
                .allSatisfy((thread, nice) -> assertThat(nice)
                        .isEqualTo(before.getOrDefault(
                                thread, before.values().iterator().next())));
        end.countDown();
        late.join();
    }

    @Test
    void restoringWhatWasNotRaisedChangesNothing() throws Exception {
        Map<Integer, Integer> before = niceOfThreads();

        priority.restore();

        assertThat(niceOfThreads())
                .allSatisfy((thread, nice) -> assertThat(nice).isEqualTo(before.getOrDefault(thread, nice)));
    }

    /** Field 19 of {@code stat}; see proc(5). */
    private static Map<Integer, Integer> niceOfThreads() throws IOException {
        Map<Integer, Integer> nice = new TreeMap<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                try {
                    String stat = Files.readString(thread.resolve("stat"));
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
                    nice.put(Integer.parseInt(thread.getFileName().toString()), Integer.parseInt(fields[16]));
                } catch (NoSuchFileException e) {
                    // Ended meanwhile.
                    continue;
                }
            }
        }
        return nice;
    }
}
