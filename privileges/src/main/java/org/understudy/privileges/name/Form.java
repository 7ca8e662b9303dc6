package org.understudy.privileges.name;

/** Checks a text against the one form that it may have. */
final class Form {

    private static final int SHOWN = 40;

    private Form() {}

    /** The form is of the whole text; {@code $} and line ends play no part. */
    static void require(String text, String form, String what) {
        if (!text.matches(form)) {
            throw new IllegalArgumentException("not " + what + ": '" + shown(text) + "'");
        }
    }

    /** What is refused is shown in part and in plain characters: it ends in logs and on terminals. */
    static String shown(String text) {
        String plain = text.replaceAll("[^ -~]", "?");
        return plain.length() <= SHOWN ? plain : plain.substring(0, SHOWN) + "...";
    }
}
