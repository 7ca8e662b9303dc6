package org.understudy.server.fleet.gateway;

import java.util.Collection;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/** What a text, a list or a number of an agent must keep to; anything else is a {@code PROTOCOL_VIOLATION}. */
final class Bounds {

    static final int NAME = 255;
    static final int TEXT = 1024;

    private static final Pattern DISK_KEY = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
    private static final Pattern ONLY_DOTS = Pattern.compile("\\.+");

    private Bounds() {}

    /** A text that must be there: 1 to {@code longest} characters, none of them a control character. */
    static void text(String what, @Nullable String value, int longest) {
        if (value == null || value.isEmpty()) {
            throw violation(what + " is missing");
        }
        optionalText(what, value, longest);
    }

    static void optionalText(String what, @Nullable String value, int longest) {
        if (value == null) {
            return;
        }
        if (value.length() > longest) {
            throw violation(what + " has " + value.length() + " characters, more than " + longest);
        }
        if (value.chars().anyMatch(Character::isISOControl)) {
            throw violation(what + " has a control character");
        }
        if (hasLoneSurrogate(value)) {
            throw violation(what + " is not well-formed Unicode");
        }
    }

    static <T extends @Nullable Object> void list(String what, @Nullable Collection<T> values, int most) {
        if (values == null) {
            throw violation(what + " are missing");
        }
        if (values.size() > most) {
            throw violation(values.size() + " " + what + ", more than " + most);
        }
        for (T value : values) {
            if (value == null) {
                throw violation("one of the " + what + " is null");
            }
        }
    }

    static void texts(String what, @Nullable Collection<String> values, int most, int longest) {
        list(what, values, most);
        if (values != null) {
            values.forEach(value -> text("one of the " + what, value, longest));
        }
    }

    static void present(String what, @Nullable Object value) {
        if (value == null) {
            throw violation(what + " is missing");
        }
    }

    static void notNegative(String what, long value) {
        if (value < 0) {
            throw violation(what + " is negative");
        }
    }

    static void matches(String what, @Nullable String value, Pattern pattern) {
        if (value == null || !pattern.matcher(value).matches()) {
            throw violation(what + " has a form that is not allowed");
        }
    }

    static boolean isDiskKey(@Nullable String key) {
        // Only dots would be a step in a path.
        return key != null
                && DISK_KEY.matcher(key).matches()
                && !ONLY_DOTS.matcher(key).matches();
    }

    static void diskKey(@Nullable String key) {
        if (!isDiskKey(key)) {
            throw violation("a disk key has a form that is not allowed");
        }
    }

    static ProblemException violation(String reason) {
        return Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", reason).asException();
    }

    private static boolean hasLoneSurrogate(String value) {
        return value.codePoints()
                .anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
    }
}
