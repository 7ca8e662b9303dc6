package org.understudy.server.alerts;

/** How much an event matters to the administrator, in rising order. */
public enum Severity {
    /** Normal life, for the record. */
    INFO,
    /** Worth knowing. */
    NOTICE,
    /** Something went wrong that may mend itself. */
    WARNING,
    /** Protection is broken until somebody acts. */
    ALARM
}
