package org.understudy.iscsi.target;

import java.util.List;

/**
 * A target as it is now.
 *
 * @param iqn target name
 * @param sessions sessions in full feature phase
 * @param bytesRead sent to initiators since the target was added
 * @param bytesWritten received from initiators since the target was added
 */
public record TargetStatus(String iqn, List<SessionStatus> sessions, long bytesRead, long bytesWritten) {

    public TargetStatus {
        sessions = List.copyOf(sessions);
    }

    /**
     * @param initiator initiator name
     * @param peer remote address and port
     * @param tls inside TLS
     * @param queuedCommands commands received and not yet answered
     * @param bufferBytes data buffers held by the connection
     */
    public record SessionStatus(String initiator, String peer, boolean tls, int queuedCommands, long bufferBytes) {}
}
