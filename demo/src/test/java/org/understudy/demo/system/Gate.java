package org.understudy.demo.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.understudy.demo.process.Await;

/**
 * Lets a test act at an exact step of another process. The process calls {@link #pass} at each step; at the step that the test
 * armed it dies as by {@code kill -9}, or says that it arrived and waits for the test. Armed through files, so that one process
 * serves many scenarios.
 */
final class Gate {

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private final Path directory;

    Gate(Path directory) {
        this.directory = directory;
    }

    /** What happens at an armed step. */
    enum Action {
        HALT,
        WAIT
    }

    // --- the test's side

    void arm(String step, Action action) {
        try {
            Files.createDirectories(directory);
            Files.deleteIfExists(arrived(step));
            Path whole = Files.writeString(directory.resolve(step + ".new"), action.name());
            Files.move(whole, armed(step), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitArrival(String step, Duration limit) throws InterruptedException {
        Await.until("step " + step, limit, () -> Files.exists(arrived(step)));
    }

    boolean hasArrived(String step) {
        return Files.exists(arrived(step));
    }

    void open(String step) {
        try {
            Files.deleteIfExists(armed(step));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // --- the process's side

    /** Called at each step; returns at once unless the step is armed. */
    void pass(String step) {
        String action = armedAction(step);
        if (action == null) {
            return;
        }
        try {
            Files.createFile(arrived(step));
            if (Action.valueOf(action.toUpperCase(Locale.ROOT)) == Action.HALT) {
                Files.deleteIfExists(armed(step));
                Runtime.getRuntime().halt(137);
            }
            Await.until("the test to open step " + step, LONGEST_WAIT, () -> !Files.exists(armed(step)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable String armedAction(String step) {
        try {
            return Files.exists(armed(step)) && !Files.exists(arrived(step)) ? Files.readString(armed(step)) : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path armed(String step) {
        return directory.resolve(step + ".armed");
    }

    private Path arrived(String step) {
        return directory.resolve(step + ".arrived");
    }
}
