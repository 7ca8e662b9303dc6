package org.understudy.agent.linux.tracking;

import org.jspecify.annotations.Nullable;

/** Tracking is not possible or not in the state that was asked for; the message says what, why, and what to do. */
public final class TrackingException extends Exception {

    private static final long serialVersionUID = 1;

    private final String reason;
    private final boolean invalid;

    private TrackingException(String what, String reason, String remedy, boolean invalid, @Nullable Throwable cause) {
        super(what + " " + sentence(reason) + " " + remedy, cause);
        this.reason = reason;
        this.invalid = invalid;
    }

    private static String sentence(String text) {
        return text.substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                + text.substring(1)
                + (text.endsWith(".") ? "" : ".");
    }

    /** Why, half a sentence. */
    public String reason() {
        return reason;
    }

    /** Whether it was the request that was wrong. */
    public boolean isInvalid() {
        return invalid;
    }

    /** This host cannot track this device. */
    static TrackingException unavailable(String device, String reason, String remedy, @Nullable Throwable cause) {
        return new TrackingException("Changes of " + device + " cannot be tracked.", reason, remedy, false, cause);
    }

    static TrackingException unavailable(String device, String reason, String remedy) {
        return unavailable(device, reason, remedy, null);
    }

    public static TrackingException notTracked(String device) {
        return new TrackingException(
                device + " is not tracked.",
                "tracking was never started for it, was stopped, or ended with the last boot",
                "Start it with: tracker start " + device,
                false,
                null);
    }

    static TrackingException unusable(String device, String reason) {
        return new TrackingException(
                "The marks of " + device + " cannot be read.",
                reason,
                "Stop tracking and start it again: tracker stop " + device + "; tracker start " + device,
                false,
                null);
    }

    public static TrackingException invalid(String what, String reason, String remedy) {
        return new TrackingException(what, reason, remedy, true, null);
    }

    /** Somebody without the rights asks. */
    public static TrackingException notRoot(int user) {
        return new TrackingException(
                "Trackers cannot be used.",
                "they need root, and this process runs as user " + user,
                "Run it as root.",
                true,
                null);
    }
}
