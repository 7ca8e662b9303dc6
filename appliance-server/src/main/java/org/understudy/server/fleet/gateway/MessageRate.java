package org.understudy.server.fleet.gateway;

/** A bucket of messages that an agent may send: a burst, refilled at a steady rate. Used by one thread at a time. */
final class MessageRate {

    private static final int BURST = 200;
    private static final double PER_SECOND = 20;

    private double left = BURST;
    private long lastNanos = System.nanoTime();

    /** Takes one message; false if the agent sent too many. */
    boolean take() {
        long now = System.nanoTime();
        left = Math.min(BURST, left + (now - lastNanos) / 1e9 * PER_SECOND);
        lastNanos = now;
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}
