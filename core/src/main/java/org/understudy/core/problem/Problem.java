package org.understudy.core.problem;

import java.util.Locale;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One failure, explained: a code, the values that its texts name, and technical details for the log. The texts (what
 * happened, why, what to do) are looked up where they are shown, in the reader's language; the log and the command line use
 * English.
 *
 * @param code what happened
 * @param values named values for the placeholders {@code {name}} of the texts; no secrets
 * @param details technical text, untranslated (a tool's standard error, an exception message), or null
 */
public record Problem(
        ProblemCode code,
        Map<String, String> values,
        @Nullable String details) {

    private static final String BUNDLE = "org.understudy.core.problem.problems";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-zA-Z]+)}");

    public Problem {
        values = Map.copyOf(values);
    }

    /** A problem with values given as name, value, name, value. */
    public static Problem of(ProblemCode code, String... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException("names and values must come in pairs");
        }
        Map<String, String> values = new TreeMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            values.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new Problem(code, values, null);
    }

    public Problem withDetails(@Nullable String newDetails) {
        return new Problem(code, values, newDetails);
    }

    public FaultClass faultClass() {
        return code.faultClass();
    }

    public boolean isTransient() {
        return faultClass() == FaultClass.TRANSIENT;
    }

    /** What happened, in one sentence. */
    public String summary(Locale locale) {
        return text("summary", locale);
    }

    /** Why it happened. */
    public String cause(Locale locale) {
        return text("cause", locale);
    }

    /** What the reader can do about it. */
    public String remedy(Locale locale) {
        return text("remedy", locale);
    }

    /** Summary, cause, remedy and details in English, for logs and command lines. */
    public String english() {
        String text = summary(Locale.ENGLISH) + " " + cause(Locale.ENGLISH) + " " + remedy(Locale.ENGLISH);
        return details == null ? text : text + " [" + details + "]";
    }

    public ProblemException asException() {
        return new ProblemException(this);
    }

    public ProblemException asException(Throwable cause) {
        return new ProblemException(details == null ? withDetails(cause.toString()) : this, cause);
    }

    private String text(String part, Locale locale) {
        ResourceBundle bundle = ResourceBundle.getBundle(
                BUNDLE, locale, ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
        Matcher matcher = PLACEHOLDER.matcher(bundle.getString(code.name() + "." + part));
        return matcher.replaceAll(found -> Matcher.quoteReplacement(values.getOrDefault(found.group(1), "?")));
    }
}
