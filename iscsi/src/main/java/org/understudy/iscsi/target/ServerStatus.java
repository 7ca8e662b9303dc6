package org.understudy.iscsi.target;

import java.util.List;
import java.util.Map;

/**
 * A target server as it is now.
 *
 * @param connections open connections, logged in or not
 * @param bufferBytes data buffers in use
 * @param bufferLimitBytes most that may be in use
 * @param refusedLogins refused logins since the start, every reason present
 * @param targets all targets, sorted by name
 */
public record ServerStatus(
        int connections,
        long bufferBytes,
        long bufferLimitBytes,
        Map<RefusedLogin.Reason, Long> refusedLogins,
        List<TargetStatus> targets) {

    public ServerStatus {
        refusedLogins = Map.copyOf(refusedLogins);
        targets = List.copyOf(targets);
    }
}
