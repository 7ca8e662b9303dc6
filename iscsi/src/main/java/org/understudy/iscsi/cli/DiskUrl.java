package org.understudy.iscsi.cli;

import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.iscsi.negotiation.ChapCredentials;

/**
 * {@code iscsi://[user%secret@]host[:port]/iqn/lun}, the form that libiscsi and QEMU use, and {@code iscsis://} for the same inside
 * TLS. IPv6 addresses stand in brackets.
 *
 * @param tls the scheme was {@code iscsis}
 * @param targetName empty if the URL names only a portal
 * @param lun -1 if the URL names no LUN
 */
record DiskUrl(boolean tls, InetSocketAddress portal, String targetName, int lun, Optional<ChapCredentials> chap) {

    private static final int MAX_LUN_DIGITS = 5;
    private static final Pattern SCHEME = Pattern.compile("iscsis?://.*");
    private static final Pattern FORM = Pattern.compile(
            "(iscsis?)://(?:([^%@/]+)%([^@/]+)@)?([^/@]+)(?:/([^/]+)(?:/(\\d{1," + MAX_LUN_DIGITS + "}))?)?/?");

    static boolean isUrl(String text) {
        return SCHEME.matcher(text).matches();
    }

    static DiskUrl parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "not a URL of the form iscsi://[user%secret@]host[:port]/iqn/lun, or iscsis:// for TLS");
        }
        boolean tls = matcher.group(1).equals("iscsis");
        Optional<ChapCredentials> chap = matcher.group(2) == null
                ? Optional.empty()
                : Optional.of(new ChapCredentials(matcher.group(2), matcher.group(3)));
        String name = matcher.group(5) == null ? "" : matcher.group(5);
        int lun = matcher.group(6) == null ? -1 : Integer.parseInt(matcher.group(6));
        int port = tls ? Endpoint.DEFAULT_TLS_PORT : Endpoint.DEFAULT_PORT;
        return new DiskUrl(tls, Endpoint.parse(matcher.group(4), port), name, lun, chap);
    }

    String requiredTarget() {
        if (targetName.isEmpty()) {
            throw new IllegalArgumentException("the URL names no target");
        }
        return targetName;
    }

    int requiredLun() {
        if (lun < 0) {
            throw new IllegalArgumentException("the URL names no LUN");
        }
        return lun;
    }
}
