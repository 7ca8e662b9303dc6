package org.understudy.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Leaves out the tests that ran before the machine had to be started again. The property {@code understudy.lab.earlier} names a file with one
 * identifier in a line, as {@link SuiteResults} printed them. Stateless.
 */
public final class EarlierTests implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return ran(context.getUniqueId())
                ? ConditionEvaluationResult.disabled("it ran before the machine was started again")
                : ConditionEvaluationResult.enabled("it did not run yet");
    }

    /** Whether a test ran in a machine before this one. */
    static boolean ran(String uniqueId) {
        return earlier().contains(word(uniqueId));
    }

    /** An identifier without spaces, so that it is one word of a line. */
    static String word(String uniqueId) {
        return uniqueId.replace(" ", "");
    }

    private static Set<String> earlier() {
        String file = System.getProperty("understudy.lab.earlier");
        if (file == null) {
            return Set.of();
        }
        try {
            return new HashSet<>(Files.readAllLines(Path.of(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
