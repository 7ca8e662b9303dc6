package org.understudy.zfs.name;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** The rules that several kinds of names share. */
final class Names {

    /** {@code ZFS_MAX_DATASET_NAME_LEN} without its final NUL. */
    static final int MAX_LENGTH = 255;

    private static final Pattern COMPONENT = Pattern.compile("[A-Za-z0-9_.: -]+");

    private Names() {}

    /** A part between delimiters: letters, digits and {@code _ . : - space}; neither {@code .} nor {@code ..}. */
    static String component(String text, String what) {
        if (!COMPONENT.matcher(text).matches() || text.equals(".") || text.equals("..")) {
            throw new IllegalArgumentException(
                    "not " + what + ": '" + text + "' (letters, digits, '_', '.', ':', '-' and spaces are allowed)");
        }
        return text;
    }

    static void length(String text, String what) {
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_LENGTH) {
            throw new IllegalArgumentException(what + " is longer than " + MAX_LENGTH + " bytes: '" + text + "'");
        }
    }
}
