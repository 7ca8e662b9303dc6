package org.understudy.iscsi.negotiation;

/**
 * Name and secret for one direction of CHAP (RFC 7143 section 12.1). The two directions of mutual CHAP must use different
 * secrets. Many initiators insist on 12 to 16 characters.
 *
 * @param user the CHAP name
 * @param secret never logged: {@link #toString} hides it
 */
public record ChapCredentials(String user, String secret) {

    public ChapCredentials {
        if (user.isEmpty() || secret.isEmpty()) {
            throw new IllegalArgumentException("CHAP needs a user and a secret");
        }
    }

    @Override
    public String toString() {
        return "ChapCredentials[user=" + user + ", secret=***]";
    }
}
