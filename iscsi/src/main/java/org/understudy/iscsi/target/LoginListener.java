package org.understudy.iscsi.target;

/**
 * Hears of logins that were refused, so that somebody can be told. Called on the thread of the connection (or the one that
 * accepts), possibly by many at once and as often as peers like: it must be quick and must limit its own rate.
 */
@FunctionalInterface
public interface LoginListener {

    /** Hears nothing. */
    LoginListener NONE = refusal -> {};

    void refused(RefusedLogin refusal);
}
