package org.understudy.server.kernel;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.convert.ConverterNotFoundException;
import org.understudy.core.problem.ProblemException;

/** Says which setting has a value of the wrong kind, where it was written, and what to write. */
@Order(Ordered.HIGHEST_PRECEDENCE + 1)
public class SettingFailureAnalyzer extends AbstractFailureAnalyzer<BindException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BindException cause) {
        // A setting that a module refused has its own words.
        if (findCause(rootFailure, ProblemException.class) != null) {
            return null;
        }
        ConfigurationProperty property = innermost(cause);
        Class<?> type = innermostType(cause);
        if (property == null || findCause(rootFailure, ConverterNotFoundException.class) != null) {
            return null;
        }
        String where = property.getOrigin() == null ? "" : " (from " + property.getOrigin() + ")";
        Throwable root = NestedExceptionUtils.getMostSpecificCause(cause);
        return new FailureAnalysis(
                "The setting " + property.getName() + " is wrong: \"" + property.getValue() + "\" is not "
                        + expected(type) + where + ". [" + root.getMessage() + "]",
                "Write " + expected(type) + "; docs/settings.md lists every setting with its meaning and default.",
                rootFailure);
    }

    private static @Nullable ConfigurationProperty innermost(BindException failure) {
        ConfigurationProperty found = failure.getProperty();
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException inner && inner.getProperty() != null) {
                found = inner.getProperty();
            }
        }
        return found;
    }

    private static Class<?> innermostType(BindException failure) {
        Class<?> found = failure.getTarget().getType().resolve(Object.class);
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException inner) {
                found = inner.getTarget().getType().resolve(Object.class);
            }
        }
        return found;
    }

    private static String expected(Class<?> type) {
        return switch (type.getSimpleName()) {
            case "int", "Integer", "long", "Long" -> "a whole number";
            case "boolean", "Boolean" -> "true or false";
            case "Duration" -> "a time such as 500ms, 20s, 5m, 2h or 7d";
            case "DataSize" -> "a size such as 512MB or 20GB";
            case "Path" -> "the path of a file or directory";
            case "URI", "URL" -> "an address such as https://example.org/";
            default -> {
                Object[] constants = type.getEnumConstants();
                yield constants == null
                        ? "a value of the kind that is wanted"
                        : "one of " + java.util.Arrays.toString(constants);
            }
        };
    }
}
