package org.understudy.server.storage.zfs;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;

/**
 * Tags of the port as tags of ZFS, which has shorter ones: what does not fit is named by its SHA-256, and the text is in a user
 * property of the point.
 */
final class HoldTags {

    /** What {@link HoldTag} takes. */
    private static final int LONGEST = 128;

    private static final String DIGEST = "understudy-sha256:";

    private HoldTags() {}

    static boolean fits(String tag) {
        return Escaped.TAG.encode(tag).length() <= LONGEST;
    }

    static HoldTag of(String tag) {
        return new HoldTag(fits(tag) ? Escaped.TAG.encode(tag) : DIGEST + digest(tag));
    }

    /** Where the text of a tag that does not fit is kept. */
    static PropertyName property(String tag) {
        return new PropertyName("org.understudy.hold:" + digest(tag));
    }

    static boolean isOurs(String heldBy) {
        return Escaped.TAG.isEncoded(heldBy) || heldBy.startsWith(DIGEST);
    }

    /**
     * The tag of the port; a tag from other hands as it is, for it holds the point too.
     *
     * @param properties all user properties of the point
     */
    static String text(String heldBy, Map<String, String> properties) {
        if (heldBy.startsWith(DIGEST)) {
            String kept = properties.get("org.understudy.hold:" + heldBy.substring(DIGEST.length()));
            return kept == null ? heldBy : Escaped.VALUE.decode(kept);
        }
        if (Escaped.TAG.isEncoded(heldBy)) {
            return Escaped.TAG.decode(heldBy);
        }
        return heldBy.length() <= LONGEST ? heldBy : heldBy.substring(0, LONGEST);
    }

    private static String digest(String tag) {
        try {
            // UTF-16, which keeps apart what UTF-8 would replace
            byte[] bytes = MessageDigest.getInstance("SHA-256").digest(tag.getBytes(StandardCharsets.UTF_16BE));
            return HexFormat.of().formatHex(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
