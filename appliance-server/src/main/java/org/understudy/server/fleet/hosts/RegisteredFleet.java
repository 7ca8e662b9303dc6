package org.understudy.server.fleet.hosts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;

/** The fleet in the database, with what the gateway knows of the present. */
@Component
public class RegisteredFleet implements Fleet {

    private static final int LONGEST_NAME = 100;

    private final HostRows rows;
    private final LiveAgents live;
    private final TokenIssuer tokens;
    private final ApplicationEventPublisher events;
    private final TransactionTemplate transaction;

    public RegisteredFleet(
            HostRows rows,
            LiveAgents live,
            TokenIssuer tokens,
            ApplicationEventPublisher events,
            PlatformTransactionManager transactions) {
        this.rows = rows;
        this.live = live;
        this.tokens = tokens;
        this.events = events;
        this.transaction = new TransactionTemplate(transactions);
    }

    @Override
    @Transactional(readOnly = true)
    public List<ProtectedHost> hosts() {
        return rows.findAllByOrderByNameAscIdAsc().stream().map(this::view).toList();
    }

    @Override
    @Transactional(readOnly = true)
    public Optional<ProtectedHost> host(HostId id) {
        return rows.findById(id.value()).map(this::view);
    }

    @Override
    @Transactional
    public ProtectedHost rename(HostId id, String name) {
        HostRow row = locked(id);
        row.name = checkedName(name);
        return view(row);
    }

    @Override
    @Transactional
    public ProtectedHost assignPolicy(HostId id, Optional<PolicyId> policy) {
        HostRow row = locked(id);
        row.policyId = policy.map(PolicyId::value).orElse(null);
        return view(row);
    }

    @Override
    @Transactional
    public ProtectedHost selectDisks(HostId id, Set<String> keys) {
        HostRow row = locked(id);
        List<String> reported = reportedKeys(row);
        for (String key : keys) {
            if (!reported.contains(key) && DiskNumbers.find(row, key).isEmpty()) {
                throw Problem.of(ProblemCode.DISK_NOT_FOUND, "disk", key).asException();
            }
        }
        // In the order of the report, so that the first disk of the machine gets the first number.
        List<String> ordered = java.util.stream.Stream.concat(
                        reported.stream().filter(keys::contains), keys.stream().filter(key -> !reported.contains(key)))
                .toList();
        DiskNumbers.select(row, ordered);
        row.disksChosen = true;
        return view(row);
    }

    @Override
    @Transactional
    public List<ProtectedHost.ProtectedDisk> numberDisks(HostId id) {
        HostRow row = locked(id);
        if (!row.disksChosen) {
            List<String> reported = reportedKeys(row);
            DiskNumbers.select(row, reported);
            row.disksChosen = !reported.isEmpty();
        }
        return view(row).disks().stream()
                .filter(ProtectedHost.ProtectedDisk::selected)
                .toList();
    }

    @Override
    public void retire(HostId id) {
        Boolean changed = transaction.execute(status -> {
            HostRow row = locked(id);
            boolean first = !row.retired;
            row.retired = true;
            return first;
        });
        live.drop(id, "the host was removed");
        if (Boolean.TRUE.equals(changed)) {
            events.publishEvent(new FleetEvents.HostRetired(id));
        }
    }

    @Override
    @Transactional
    public ProtectedHost restore(HostId id, String name, Instant enrolledAt, List<ProtectedHost.ProtectedDisk> disks) {
        HostRow row = rows.lock(id.value())
                .orElseGet(() -> rows.save(new HostRow(id.value(), checkedName(name), enrolledAt)));
        for (ProtectedHost.ProtectedDisk disk : disks) {
            boolean numberTaken = row.disks.stream().anyMatch(known -> known.number == disk.number());
            if (!numberTaken && DiskNumbers.find(row, disk.key()).isEmpty()) {
                row.disks.add(new HostRow.Disk(disk.number(), disk.key(), disk.selected()));
                row.disksChosen = true;
            }
        }
        return view(row);
    }

    @Override
    public IssuedToken issueToken(Duration validity, String issuedBy) {
        return tokens.issue(validity, issuedBy);
    }

    @Override
    public List<PendingToken> pendingTokens() {
        return tokens.pending();
    }

    private HostRow locked(HostId id) {
        return rows.lock(id.value())
                .orElseThrow(() ->
                        Problem.of(ProblemCode.NOT_FOUND, "what", "host " + id).asException());
    }

    private static String checkedName(String name) {
        String trimmed = name.strip();
        if (trimmed.isEmpty()
                || trimmed.length() > LONGEST_NAME
                || trimmed.chars().anyMatch(Character::isISOControl)) {
            throw Problem.of(
                            ProblemCode.INVALID_REQUEST,
                            "reason",
                            "a host's name needs 1 to " + LONGEST_NAME + " characters without control characters")
                    .asException();
        }
        return trimmed;
    }

    private static List<String> reportedKeys(HostRow row) {
        return facts(row).map(HostFacts::disks).orElse(List.of()).stream()
                .map(HostFacts.Disk::key)
                .toList();
    }

    private static Optional<HostFacts> facts(HostRow row) {
        return Optional.ofNullable(row.facts).map(json -> ProtocolCodec.readDocument(json, HostFacts.class));
    }

    private ProtectedHost view(HostRow row) {
        HostId id = new HostId(row.id);
        Optional<Instant> lastSeen = live.lastHeard(id).or(() -> Optional.ofNullable(row.lastSeen));
        return new ProtectedHost(
                id,
                row.name,
                Optional.ofNullable(row.policyId).map(PolicyId::new),
                facts(row),
                row.disks.stream()
                        .sorted(java.util.Comparator.comparingInt(disk -> disk.number))
                        .map(disk -> new ProtectedHost.ProtectedDisk(disk.number, disk.key, disk.selected))
                        .toList(),
                live.connected(id),
                lastSeen,
                row.enrolledAt,
                row.agentVersion,
                row.retired);
    }
}
