package org.understudy.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import tools.jackson.databind.json.JsonMapper;

/**
 * Collects what each test did and what it measured (its published report entries). Called by one thread at a time.
 *
 * <p>With lines, what begins and what ended is printed as well for a program: {@code @running ID NAME} and {@code @result ID JSON}. A machine
 * that a test brings down takes its files along.
 */
final class SuiteResults implements TestExecutionListener {

    private final String suite;
    private final PrintStream out;
    private final boolean lines;
    private final List<Map<String, Object>> tests = new ArrayList<>();
    private final Map<String, Long> started = new ConcurrentHashMap<>();
    private final Map<String, Map<String, String>> measured = new ConcurrentHashMap<>();
    private boolean passed = true;

    SuiteResults(String suite, PrintStream out, boolean lines) {
        this.suite = suite;
        this.out = out;
        this.lines = lines;
    }

    boolean isEmpty() {
        return tests.isEmpty();
    }

    boolean passed() {
        return passed && !isEmpty();
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        started.put(test.getUniqueId(), System.nanoTime());
        if (lines && test.isTest()) {
            out.println("@running " + EarlierTests.word(test.getUniqueId()) + " " + name(test));
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        if (!EarlierTests.ran(test.getUniqueId())) {
            record(test, "skipped", 0, reason);
        }
    }

    @Override
    public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
        measured.computeIfAbsent(test.getUniqueId(), id -> new LinkedHashMap<>())
                .putAll(entry.getKeyValuePairs());
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        Long start = started.remove(test.getUniqueId());
        double seconds = start == null ? 0 : (System.nanoTime() - start) / 1e9;
        boolean successful = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        if (test.isTest() || !successful) {
            // An assumption that does not hold (ABORTED) is a skip: it is shown, and is no success of the test.
            String status = successful
                    ? "passed"
                    : result.getStatus() == TestExecutionResult.Status.ABORTED ? "skipped" : "failed";
            record(
                    test,
                    status,
                    seconds,
                    result.getThrowable().map(SuiteResults::trace).orElse(null));
        }
    }

    private void record(TestIdentifier test, String status, double seconds, @Nullable String reason) {
        passed &= !status.equals("failed");
        String name = name(test);
        out.printf(Locale.ROOT, "  %-7s %6.1f s  %s%n", status, seconds, name);
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", name);
        entry.put("status", status);
        entry.put("seconds", Math.round(seconds * 1000) / 1000.0);
        Map<String, String> figures = measured.getOrDefault(test.getUniqueId(), Map.of());
        if (!figures.isEmpty()) {
            entry.put("measured", figures);
            out.println("                    " + figures);
        }
        if (reason != null) {
            entry.put("reason", reason);
            reason.lines().limit(12).forEach(line -> out.println("      " + line));
        }
        tests.add(entry);
        if (lines) {
            out.println("@result " + EarlierTests.word(test.getUniqueId()) + " "
                    + JsonMapper.shared().writeValueAsString(entry));
        }
    }

    /** Class, method and, for one of several runs of a method, its arguments. */
    private static String name(TestIdentifier test) {
        String shown = test.getDisplayName().replaceFirst("\\(.*\\)$", "");
        String method = test.getSource()
                .map(source -> source instanceof MethodSource found ? found.getMethodName() : shown)
                .orElse(shown);
        return className(test) + "." + (shown.equals(method) ? method : method + " " + shown);
    }

    private static String className(TestIdentifier test) {
        return test.getSource()
                .map(source -> source instanceof ClassSource type ? type.getClassName() : methodClass(source))
                .map(full -> full.substring(full.lastIndexOf('.') + 1))
                .orElse("suite");
    }

    private static String methodClass(Object source) {
        return source instanceof MethodSource method ? method.getClassName() : source.toString();
    }

    private static String trace(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString().strip();
    }

    /** Writes the results, whole or not at all. */
    void write(Path file) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("suite", suite);
        all.put("passed", passed());
        all.put("java", System.getProperty("java.version"));
        all.put("kernel", System.getProperty("os.version"));
        all.put("tests", tests);
        Path part = file.resolveSibling(file.getFileName() + ".part");
        JsonMapper.shared().writeValue(part.toFile(), all);
        Files.move(part, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }
}
