package org.understudy.server.protection;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.fleet.ProtectedHost.ProtectedDisk;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;

/** Hosts in memory. Offers what protection uses; the rest is refused. */
final class FakeFleet implements Fleet {

    private final Map<HostId, ProtectedHost> hosts = new TreeMap<>();

    synchronized void put(ProtectedHost host) {
        hosts.put(host.id(), host);
    }

    synchronized void clear() {
        hosts.clear();
    }

    /** A host that has just enrolled. */
    synchronized HostId enrol(String name, Instant at) {
        HostId id = HostId.random();
        put(new ProtectedHost(
                id, name, Optional.empty(), Optional.empty(), List.of(), true, Optional.of(at), at, "1", false));
        return id;
    }

    @Override
    public synchronized List<ProtectedHost> hosts() {
        return List.copyOf(hosts.values());
    }

    @Override
    public synchronized Optional<ProtectedHost> host(HostId id) {
        return Optional.ofNullable(hosts.get(id));
    }

    private ProtectedHost require(HostId id) {
        return host(id).orElseThrow(() ->
                Problem.of(ProblemCode.NOT_FOUND, "what", "host " + id).asException());
    }

    @Override
    public synchronized ProtectedHost assignPolicy(HostId id, Optional<PolicyId> policy) {
        return change(
                id,
                policy,
                require(id).facts(),
                require(id).disks(),
                require(id).retired());
    }

    synchronized void facts(HostId id, HostFacts facts) {
        change(
                id,
                require(id).policy(),
                Optional.of(facts),
                require(id).disks(),
                require(id).retired());
    }

    @Override
    public synchronized void retire(HostId id) {
        change(id, require(id).policy(), require(id).facts(), require(id).disks(), true);
    }

    private ProtectedHost change(
            HostId id,
            Optional<PolicyId> policy,
            Optional<HostFacts> facts,
            List<ProtectedDisk> disks,
            boolean retired) {
        ProtectedHost old = require(id);
        ProtectedHost changed = new ProtectedHost(
                id,
                old.name(),
                policy,
                facts,
                disks,
                old.connected(),
                old.lastSeen(),
                old.enrolledAt(),
                old.agentVersion(),
                retired);
        hosts.put(id, changed);
        return changed;
    }

    @Override
    public synchronized ProtectedHost selectDisks(HostId id, Set<String> keys) {
        numberDisks(id);
        List<ProtectedDisk> disks = require(id).disks().stream()
                .map(disk -> new ProtectedDisk(disk.number(), disk.key(), keys.contains(disk.key())))
                .toList();
        return change(
                id,
                require(id).policy(),
                require(id).facts(),
                disks,
                require(id).retired());
    }

    @Override
    public synchronized List<ProtectedDisk> numberDisks(HostId id) {
        ProtectedHost host = require(id);
        List<ProtectedDisk> disks = new ArrayList<>(host.disks());
        for (HostFacts.Disk disk : host.facts().map(HostFacts::disks).orElse(List.of())) {
            if (disks.stream().noneMatch(known -> known.key().equals(disk.key()))) {
                disks.add(new ProtectedDisk(disks.size(), disk.key(), true));
            }
        }
        change(id, host.policy(), host.facts(), List.copyOf(disks), host.retired());
        return disks.stream().filter(ProtectedDisk::selected).toList();
    }

    @Override
    public synchronized ProtectedHost restore(HostId id, String name, Instant enrolledAt, List<ProtectedDisk> disks) {
        hosts.putIfAbsent(
                id,
                new ProtectedHost(
                        id,
                        name,
                        Optional.empty(),
                        Optional.empty(),
                        disks,
                        false,
                        Optional.empty(),
                        enrolledAt,
                        "",
                        false));
        return require(id);
    }

    @Override
    public ProtectedHost rename(HostId id, String name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public IssuedToken issueToken(Duration validity, String issuedBy) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<PendingToken> pendingTokens() {
        throw new UnsupportedOperationException();
    }
}
