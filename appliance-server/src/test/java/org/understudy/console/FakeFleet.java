package org.understudy.console;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;

final class FakeFleet implements Fleet {

    private final Scene scene;

    FakeFleet(Scene scene) {
        this.scene = scene;
    }

    @Override
    public List<ProtectedHost> hosts() {
        synchronized (scene) {
            return List.copyOf(scene.hosts.values());
        }
    }

    @Override
    public Optional<ProtectedHost> host(HostId id) {
        synchronized (scene) {
            return Optional.ofNullable(scene.hosts.get(id));
        }
    }

    @Override
    public ProtectedHost rename(HostId id, String name) {
        return change(
                id,
                h -> new ProtectedHost(
                        h.id(),
                        name,
                        h.policy(),
                        h.facts(),
                        h.disks(),
                        h.connected(),
                        h.lastSeen(),
                        h.enrolledAt(),
                        h.agentVersion(),
                        h.retired()));
    }

    @Override
    public ProtectedHost assignPolicy(HostId id, Optional<PolicyId> policy) {
        return change(
                id,
                h -> new ProtectedHost(
                        h.id(),
                        h.name(),
                        policy,
                        h.facts(),
                        h.disks(),
                        h.connected(),
                        h.lastSeen(),
                        h.enrolledAt(),
                        h.agentVersion(),
                        h.retired()));
    }

    @Override
    public ProtectedHost selectDisks(HostId id, Set<String> keys) {
        return change(
                id,
                h -> new ProtectedHost(
                        h.id(),
                        h.name(),
                        h.policy(),
                        h.facts(),
                        h.disks().stream()
                                .map(d -> new ProtectedHost.ProtectedDisk(d.number(), d.key(), keys.contains(d.key())))
                                .toList(),
                        h.connected(),
                        h.lastSeen(),
                        h.enrolledAt(),
                        h.agentVersion(),
                        h.retired()));
    }

    @Override
    public List<ProtectedHost.ProtectedDisk> numberDisks(HostId id) {
        throw new AssertionError("only runs number disks");
    }

    @Override
    public void retire(HostId id) {
        change(
                id,
                h -> new ProtectedHost(
                        h.id(),
                        h.name(),
                        h.policy(),
                        h.facts(),
                        h.disks(),
                        false,
                        h.lastSeen(),
                        h.enrolledAt(),
                        h.agentVersion(),
                        true));
    }

    @Override
    public ProtectedHost restore(HostId id, String name, Instant enrolledAt, List<ProtectedHost.ProtectedDisk> disks) {
        throw new AssertionError("only the rebuild of the catalogue restores hosts");
    }

    @Override
    public IssuedToken issueToken(Duration validity, String issuedBy) {
        synchronized (scene) {
            String id = "tok-" + (scene.tokens.size() + 1);
            Instant expires = scene.now().plus(validity);
            scene.tokens.add(new PendingToken(id, scene.now(), expires, issuedBy));
            scene.called("issueToken " + validity + " " + issuedBy);
            return new IssuedToken(
                    id,
                    "k7Qp-2mXv-9sLd",
                    expires,
                    "enrol --server 192.0.2.10:8444 --fingerprint " + "4f9a".repeat(16) + " --token k7Qp-2mXv-9sLd",
                    Optional.of("curl -fsSk --pinnedpubkey 'sha256//" + "q".repeat(43)
                            + "=' https://192.0.2.10:8444/agent | sh -s -- --fingerprint " + "4f9a".repeat(16)
                            + " --token k7Qp-2mXv-9sLd"));
        }
    }

    @Override
    public List<PendingToken> pendingTokens() {
        synchronized (scene) {
            return List.copyOf(scene.tokens);
        }
    }

    private ProtectedHost change(HostId id, UnaryOperator<ProtectedHost> change) {
        synchronized (scene) {
            ProtectedHost changed = change.apply(ConsoleSlice.found(host(id), "host " + id));
            scene.hosts.put(id, changed);
            return changed;
        }
    }
}
