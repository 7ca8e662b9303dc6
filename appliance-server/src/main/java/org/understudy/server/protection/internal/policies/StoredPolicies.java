package org.understudy.server.protection.internal.policies;

import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.PointFacts;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.PolicyFault;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.protection.Retention;
import org.understudy.server.protection.RetentionRule;

/** Policies in the database; {@link BackupSchedules} follow every change at once. Thread-safe. */
@Service
public class StoredPolicies implements Policies {

    private static final Logger log = LoggerFactory.getLogger(StoredPolicies.class);

    private final PolicyRows rows;
    private final TransactionOperations transactions;
    private final Fleet fleet;
    private final RecoveryPoints points;
    private final BackupSchedules schedules;
    private final Clock clock;

    StoredPolicies(
            PolicyRows rows,
            TransactionOperations transactions,
            Fleet fleet,
            RecoveryPoints points,
            BackupSchedules schedules,
            Clock clock) {
        this.rows = rows;
        this.transactions = transactions;
        this.fleet = fleet;
        this.points = points;
        this.schedules = schedules;
        this.clock = clock;
    }

    @Override
    public List<ProtectionPolicy> policies() {
        return rows.findByOrderByName().stream().map(PolicyEntity::toPolicy).toList();
    }

    @Override
    public Optional<ProtectionPolicy> policy(PolicyId id) {
        return rows.findById(id.value()).map(PolicyEntity::toPolicy);
    }

    @Override
    public ProtectionPolicy save(ProtectionPolicy policy) {
        List<PolicyFault> faults = new ArrayList<>(PolicyFault.of(policy, clock.instant()));
        boolean taken = rows.findByNameIgnoreCase(policy.name().strip())
                .map(PolicyEntity::toPolicy)
                .filter(other -> !other.id().equals(policy.id()))
                .isPresent();
        if (taken) {
            faults.add(PolicyFault.nameTaken(policy.name().strip()));
        }
        if (!faults.isEmpty()) {
            throw invalid(faults);
        }
        ProtectionPolicy saved = store(policy);
        schedules.syncAll();
        return saved;
    }

    private ProtectionPolicy store(ProtectionPolicy policy) {
        try {
            return transactions.execute(status -> rows.save(
                            rows.findById(policy.id().value())
                                    .orElseGet(() -> new PolicyEntity(policy.id()))
                                    .fill(policy))
                    .toPolicy());
        } catch (DataIntegrityViolationException e) {
            // Somebody else took the name between the check and now.
            ProblemException problem =
                    invalid(List.of(PolicyFault.nameTaken(policy.name().strip())));
            problem.addSuppressed(e);
            throw problem;
        }
    }

    private static ProblemException invalid(List<PolicyFault> faults) {
        String reason = faults.stream().map(fault -> fault.text(Locale.ENGLISH)).collect(Collectors.joining("; "));
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", reason).asException();
    }

    @Override
    public void delete(PolicyId id) {
        List<String> users = fleet.hosts().stream()
                .filter(host -> !host.retired() && host.policy().equals(Optional.of(id)))
                .map(ProtectedHost::name)
                .toList();
        if (!users.isEmpty()) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "hosts use this policy: " + String.join(", ", users))
                    .asException();
        }
        transactions.executeWithoutResult(status -> rows.deleteById(id.value()));
    }

    @Override
    public List<RetentionDecision> preview(HostId host, RetentionRule rule) {
        ProtectedHost found = fleet.host(host)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "host " + host)
                        .asException());
        ZoneId zone =
                found.policy().flatMap(this::policy).map(ProtectionPolicy::zone).orElseGet(clock::getZone);
        return Retention.decide(points.points(host).stream().map(PointFacts::of).toList(), rule, zone, clock.instant());
    }

    /** A first start finds no policy and makes one, so that a new host can be protected with one choice. */
    public void createStandardIfNone() {
        if (rows.count() > 0) {
            return;
        }
        ProtectionPolicy standard = new ProtectionPolicy(
                PolicyId.random(),
                "Standard",
                new ProtectionPolicy.Schedule.Interval(Duration.ofHours(1)),
                List.of(),
                List.of(),
                new RetentionRule(24, 0, 14, 8, 12, 0),
                Duration.ofHours(4),
                ZoneId.systemDefault(),
                ProtectionPolicy.DEFAULT_FREEZE_LIMIT,
                true,
                false);
        store(standard);
        log.info("policy \"{}\" created: every hour, keeps the last 24, 14 days, 8 weeks, 12 months", standard.name());
    }
}
