package org.understudy.iscsi.target;

import java.net.InetSocketAddress;
import java.time.Instant;

/**
 * A connection that did not become a session.
 *
 * @param when the moment of the refusal
 * @param peer remote address and port
 * @param initiatorName what the peer called itself, unproven; empty if it did not get that far
 * @param targetName the target that it asked for; empty if none, or discovery
 * @param reason kind of refusal
 * @param detail one English sentence, without secrets
 */
public record RefusedLogin(
        Instant when, InetSocketAddress peer, String initiatorName, String targetName, Reason reason, String detail) {

    /** Why a login was refused. */
    public enum Reason {
        /** CHAP name or secret was wrong, or no common method. */
        WRONG_CREDENTIALS,
        /** Initiator name or address is not on the access list of the target. */
        ACCESS_LIST,
        /** The target belongs to the holder of another certificate, or the connection was plain. */
        FOREIGN_CERTIFICATE,
        /** There is no target of that name. */
        UNKNOWN_TARGET,
        /** The TLS handshake failed: no certificate, one of another authority, or an old protocol version. */
        TLS_FAILURE,
        /** A limit of connections was reached; the connection was closed at once. */
        TOO_MANY_CONNECTIONS,
        /** No login within the time for it. */
        TIMEOUT,
        /** The login broke the protocol or asked for what this target does not have. */
        PROTOCOL
    }
}
