package org.understudy.server.kernel;

/** A port that the appliance listens on. */
public enum Listener {
    /** People: console and API. */
    CONSOLE("console"),
    /** Agents: enrolment, control connection, digests. */
    AGENT("agent"),
    /** Data: iSCSI inside TLS. */
    ISCSI("iscsi");

    private final String key;

    Listener(String key) {
        this.key = key;
    }

    /** Name in {@code ports.properties}. */
    public String key() {
        return key;
    }
}
