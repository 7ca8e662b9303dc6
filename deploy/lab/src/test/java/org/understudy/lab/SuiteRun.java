package org.understudy.lab;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * {@code SuiteRun SUITE RESULTS}: runs a suite, prints each test as it ends, writes the results as JSON.
 *
 * <p>Properties: {@code understudy.lab.classes}, a pattern of class names; {@code understudy.lab.limit}, how long a test may take; {@code
 * understudy.lab.lines} prints what a host needs that may lose the machine before the results are written; see also {@link EarlierTests}.
 */
public final class SuiteRun {

    private static final int TESTS_FAILED = 1;
    private static final int NOTHING_TO_RUN = 2;

    private SuiteRun() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("usage: SuiteRun SUITE RESULTS");
            System.exit(NOTHING_TO_RUN);
        }
        String suite = arguments[0];
        SuiteResults results =
                new SuiteResults(suite, new PrintStream(System.out, true), Boolean.getBoolean("understudy.lab.lines"));
        LauncherDiscoveryRequest tests = request()
                .selectors(selectPackage("org.understudy"))
                .filters(
                        ClassNameFilter.includeClassNamePatterns(System.getProperty("understudy.lab.classes", ".*Lab")),
                        TagFilter.includeTags(suite))
                // A thread that the kernel holds cannot be interrupted: the others go on without it.
                .configurationParameter(
                        "junit.jupiter.execution.timeout.default", System.getProperty("understudy.lab.limit", "20 m"))
                .configurationParameter("junit.jupiter.execution.timeout.thread.mode.default", "SEPARATE_THREAD")
                .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
                .build();
        LauncherFactory.create().execute(tests, results);
        results.write(Path.of(arguments[1]));
        // Suites may leave threads of daemons behind that they could not end; the status must not wait for them.
        System.exit(results.isEmpty() ? NOTHING_TO_RUN : results.passed() ? 0 : TESTS_FAILED);
    }
}
