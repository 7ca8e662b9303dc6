package org.understudy.server.protection.internal.runs;

/** Unwinds a run that was asked to stop. */
final class StoppedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** Who asked. */
    enum Reason {
        /** A person; the run ends as {@code CANCELLED}. */
        CANCELLED,
        /** The server is being shut down; the run ends as {@code FAILED(RUN_INTERRUPTED)}. */
        SERVER_STOPS
    }

    private final Reason reason;

    StoppedException(Reason reason) {
        super("asked to stop: " + reason);
        this.reason = reason;
    }

    Reason reason() {
        return reason;
    }
}
