package org.understudy.server.access.internal;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** What a password must be: long, not about the user, and none of those that are tried first. A pure function. */
final class PasswordRule {

    static final int MINIMUM_LENGTH = 12;
    static final int MAXIMUM_LENGTH = 256;

    private static final int MINIMUM_DIFFERENT = 6;
    private static final int MINIMUM_REST = 6;
    private static final List<String> FAMILIAR = List.of(
            "administrator",
            "understudy",
            "appliance",
            "password",
            "passw0rd",
            "p@ssword",
            "p@ssw0rd",
            "changeme",
            "letmein",
            "welcome",
            "qwertyuiop",
            "asdfghjkl",
            "zxcvbnm",
            "qwerty",
            "backup",
            "secret",
            "admin",
            "root",
            "iloveyou",
            "dragon",
            "monkey",
            "woaini",
            "mima");
    private static final List<String> SEQUENCES = List.of(
            "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "01234567890123456789", "98765432109876543210");
    private static final int RUN = 4;

    private PasswordRule() {}

    /** Why the password is refused; empty if it is good. */
    static Optional<Problem> fault(String user, String password) {
        int length = password.codePointCount(0, password.length());
        if (length < MINIMUM_LENGTH || length > MAXIMUM_LENGTH) {
            return Optional.of(Problem.of(
                    ProblemCode.PASSWORD_TOO_SHORT,
                    "minimum",
                    Integer.toString(MINIMUM_LENGTH),
                    "maximum",
                    Integer.toString(MAXIMUM_LENGTH)));
        }
        String plain = password.toLowerCase(Locale.ROOT);
        String name = user.toLowerCase(Locale.ROOT);
        String reversed = new StringBuilder(name).reverse().toString();
        boolean aboutUser = name.length() >= 3 && (plain.contains(name) || plain.contains(reversed));
        if (aboutUser || plain.chars().distinct().count() < MINIMUM_DIFFERENT || rest(plain) < MINIMUM_REST) {
            return Optional.of(Problem.of(ProblemCode.PASSWORD_TOO_EASY));
        }
        return Optional.empty();
    }

    /** How many characters are left when familiar words and sequences are taken out. */
    private static int rest(String plain) {
        String left = plain;
        for (String word : FAMILIAR) {
            left = left.replace(word, "");
        }
        int count = 0;
        int at = 0;
        while (at < left.length()) {
            int run = sequenceAt(left, at);
            if (run < RUN) {
                count++;
                at++;
            } else {
                at += run;
            }
        }
        return count;
    }

    private static int sequenceAt(String text, int at) {
        int longest = 0;
        for (String sequence : SEQUENCES) {
            int end = Math.min(text.length(), at + RUN);
            while (end <= text.length() && end - at >= RUN && sequence.contains(text.substring(at, end))) {
                longest = Math.max(longest, end - at);
                end++;
            }
        }
        return longest;
    }
}
