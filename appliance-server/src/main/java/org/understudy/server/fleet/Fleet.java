package org.understudy.server.fleet;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;

/** The hosts of this appliance and how they join. Unknown ids are {@code NOT_FOUND}. Thread-safe. */
public interface Fleet {

    List<ProtectedHost> hosts();

    Optional<ProtectedHost> host(HostId id);

    ProtectedHost rename(HostId id, String name);

    ProtectedHost assignPolicy(HostId id, Optional<PolicyId> policy);

    /** Chooses the disks that runs protect. New hosts have all reported disks selected. */
    ProtectedHost selectDisks(HostId id, Set<String> keys);

    /** Numbers disks that the host reported and that have none yet; returns the selected ones in order of number. */
    List<ProtectedHost.ProtectedDisk> numberDisks(HostId id);

    /** Refuses the host's agent from now on. Its points stay. */
    void retire(HostId id);

    /** Puts a host back that is known from the pool but not from the database; idempotent. */
    ProtectedHost restore(HostId id, String name, Instant enrolledAt, List<ProtectedHost.ProtectedDisk> disks);

    /** A new one-time token. */
    IssuedToken issueToken(Duration validity, String issuedBy);

    List<PendingToken> pendingTokens();

    /**
     * @param token shown once, never stored in clear
     * @param command what to run on a host that has an agent, without the program's path:
     *     {@code enrol --server … --fingerprint … --token …}
     * @param install the line to run as root on a host that has none; empty while the appliance has no package to give
     */
    record IssuedToken(String id, String token, Instant expiresAt, String command, Optional<String> install) {}

    /** A token that nobody used yet. */
    record PendingToken(String id, Instant issuedAt, Instant expiresAt, String issuedBy) {}
}
