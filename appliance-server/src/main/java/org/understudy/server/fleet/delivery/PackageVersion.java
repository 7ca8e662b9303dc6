package org.understudy.server.fleet.delivery;

import java.util.Comparator;

/**
 * A version of a package, in the order of deb-version(7) without epoch and revision: digits as numbers, {@code ~} before
 * everything and even before the end, letters before other characters. Immutable.
 */
record PackageVersion(String text) implements Comparable<PackageVersion> {

    static final String PATTERN = "[0-9][A-Za-z0-9.+~]{0,63}";
    private static final Comparator<String> AS_NUMBERS =
            Comparator.comparing(String::length).thenComparing(Comparator.naturalOrder());

    PackageVersion {
        if (!text.matches(PATTERN)) {
            throw new IllegalArgumentException("\"" + text + "\" is not a version");
        }
    }

    @Override
    public int compareTo(PackageVersion other) {
        int mine = 0;
        int theirs = 0;
        while (mine < text.length() || theirs < other.text.length()) {
            while (isWord(text, mine) || isWord(other.text, theirs)) {
                int difference = Integer.compare(rank(text, mine), rank(other.text, theirs));
                if (difference != 0) {
                    return difference;
                }
                mine++;
                theirs++;
            }
            String left = digits(text, mine);
            String right = digits(other.text, theirs);
            int difference = AS_NUMBERS.compare(withoutZeros(left), withoutZeros(right));
            if (difference != 0) {
                return difference;
            }
            mine += left.length();
            theirs += right.length();
        }
        return 0;
    }

    private static boolean isWord(String text, int at) {
        return at < text.length() && !isDigit(text.charAt(at));
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** Place of a character in the order; the end and a digit are between {@code ~} and everything else. */
    private static int rank(String text, int at) {
        if (!isWord(text, at)) {
            return 0;
        }
        char c = text.charAt(at);
        if (c == '~') {
            return -1;
        }
        return Character.isLetter(c) ? c : c + 256;
    }

    private static String digits(String text, int from) {
        int to = from;
        while (to < text.length() && isDigit(text.charAt(to))) {
            to++;
        }
        return text.substring(from, to);
    }

    private static String withoutZeros(String digits) {
        return digits.replaceFirst("^0+", "");
    }

    @Override
    public String toString() {
        return text;
    }
}
