package org.understudy.iscsi.target;

import java.time.Instant;
import java.util.List;

/**
 * A target as it is now.
 *
 * @param iqn target name
 * @param sessions sessions in full feature phase
 * @param traffic of all its sessions since the target was added, also of those that have ended
 * @param refusedLogins logins to this target that were refused
 */
public record TargetStatus(String iqn, List<SessionStatus> sessions, Traffic traffic, long refusedLogins) {

    public TargetStatus {
        sessions = List.copyOf(sessions);
    }

    /** Bytes sent to initiators since the target was added. */
    public long bytesRead() {
        return traffic.bytesRead();
    }

    /** Bytes received from initiators since the target was added. */
    public long bytesWritten() {
        return traffic.bytesWritten();
    }

    /** Commands received and not yet answered, of all sessions. */
    public int queuedCommands() {
        return sessions.stream().mapToInt(SessionStatus::queuedCommands).sum();
    }

    /** Data buffers held by all sessions. */
    public long bufferBytes() {
        return sessions.stream().mapToLong(SessionStatus::bufferBytes).sum();
    }

    /**
     * What was done so far.
     *
     * @param bytesRead sent to initiators
     * @param bytesWritten received from initiators
     * @param commands commands that were answered, whatever the answer
     * @param errors of those the ones that the device failed
     */
    public record Traffic(long bytesRead, long bytesWritten, long commands, long errors) {}

    /**
     * @param initiator initiator name
     * @param peer remote address and port
     * @param tls inside TLS
     * @param since end of the login
     * @param traffic of this session
     * @param queuedCommands commands received and not yet answered
     * @param bufferBytes data buffers held by the connection
     */
    public record SessionStatus(
            String initiator,
            String peer,
            boolean tls,
            Instant since,
            Traffic traffic,
            int queuedCommands,
            long bufferBytes) {}
}
