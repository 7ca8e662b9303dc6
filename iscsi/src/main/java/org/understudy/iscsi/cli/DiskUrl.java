package org.understudy.iscsi.cli;

import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;

/**
 * {@code iscsi://[user%secret@]host[:port]/iqn/lun}, the form that libiscsi and QEMU use.
 *
 * @param targetName empty if the URL names only a portal
 * @param lun -1 if the URL names no LUN
 */
record DiskUrl(InetSocketAddress portal, String targetName, int lun, Optional<ChapCredentials> chap) {

    private static final String SCHEME = "iscsi://";
    private static final Pattern FORM =
            Pattern.compile("iscsi://(?:([^%@/]+)%([^@/]+)@)?([^/@]+)(?:/([^/]+)(?:/(\\d+))?)?/?");

    static boolean isUrl(String text) {
        return text.startsWith(SCHEME);
    }

    static DiskUrl parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "not an iSCSI URL of the form iscsi://[user%secret@]host[:port]/iqn/lun");
        }
        Optional<ChapCredentials> chap = matcher.group(1) == null
                ? Optional.empty()
                : Optional.of(new ChapCredentials(matcher.group(1), matcher.group(2)));
        String name = matcher.group(4) == null ? "" : matcher.group(4);
        int lun = matcher.group(5) == null ? -1 : Integer.parseInt(matcher.group(5));
        return new DiskUrl(Endpoint.parse(matcher.group(3)), name, lun, chap);
    }

    /** How to log in to the target that the URL names. */
    SessionConfig session(String initiatorName) {
        if (targetName.isEmpty()) {
            throw new IllegalArgumentException("the URL names no target");
        }
        SessionConfig config = SessionConfig.of(portal, targetName).withInitiatorName(initiatorName);
        return chap.map(config::withChap).orElse(config);
    }

    int requiredLun() {
        if (lun < 0) {
            throw new IllegalArgumentException("the URL names no LUN");
        }
        return lun;
    }
}
