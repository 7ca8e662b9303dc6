package org.understudy.iscsi.cli;

import org.understudy.iscsi.negotiation.ChapCredentials;

/** Value of {@code --chap} and {@code --mutual}: {@code USER:SECRET}. */
final class CredentialsOption {

    private CredentialsOption() {}

    static ChapCredentials parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 1 || colon == text.length() - 1) {
            throw new IllegalArgumentException("credentials have the form USER:SECRET");
        }
        return new ChapCredentials(text.substring(0, colon), text.substring(colon + 1));
    }
}
