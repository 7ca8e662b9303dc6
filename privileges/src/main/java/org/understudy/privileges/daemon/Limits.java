package org.understudy.privileges.daemon;

import java.time.Duration;

/**
 * Bounds of connections.
 *
 * @param connections at most so many on one socket
 * @param idle a connection that asks nothing for so long is closed
 * @param transfer a frame, once begun, is over in this time
 * @param afterRefusal pause before a refusal is answered
 */
record Limits(int connections, Duration idle, Duration transfer, Duration afterRefusal) {

    static final Limits DEFAULT = new Limits(32, Duration.ofMinutes(5), Duration.ofSeconds(10), Duration.ofMillis(250));
}
