package org.understudy.zfs;

import java.util.Optional;
import org.understudy.zfs.name.BookmarkName;
import org.understudy.zfs.name.SnapshotName;

/**
 * What to send.
 *
 * @param from base of an incremental stream: the full name of an earlier snapshot or bookmark; empty for a full stream
 * @param resumeToken continues an interrupted stream, which then is what the token says
 */
public record SendRequest(SnapshotName snapshot, Optional<String> from, Form form, Optional<String> resumeToken) {

    public enum Form {
        /** Blocks as they lie on the disks, encrypted ones too: the receiver needs no key and cannot read. */
        RAW,
        /** Compressed blocks stay compressed. */
        COMPRESSED,
        /** As it is read. */
        PLAIN
    }

    public SendRequest {
        resumeToken.ifPresent(token -> {
            if (!token.matches("[0-9]+-[0-9a-f]+(-[0-9a-f]+)*")) {
                throw new IllegalArgumentException("not a resume token: '" + token + "'");
            }
        });
    }

    public static SendRequest full(SnapshotName snapshot, Form form) {
        return new SendRequest(snapshot, Optional.empty(), form, Optional.empty());
    }

    public static SendRequest incremental(SnapshotName from, SnapshotName to, Form form) {
        return new SendRequest(to, Optional.of(from.toString()), form, Optional.empty());
    }

    public static SendRequest incremental(BookmarkName from, SnapshotName to, Form form) {
        return new SendRequest(to, Optional.of(from.toString()), form, Optional.empty());
    }

    /** The rest of this stream, as the receiver's token asks for it. */
    public SendRequest resumedBy(String token) {
        return new SendRequest(snapshot, from, form, Optional.of(token));
    }
}
