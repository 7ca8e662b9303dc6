package org.understudy.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RetentionRule;

/** Keeps policies; its preview knows only the newest points, pins and locks, which is enough to see a preview. */
final class FakePolicies implements Policies {

    private final Scene scene;

    FakePolicies(Scene scene) {
        this.scene = scene;
    }

    @Override
    public List<ProtectionPolicy> policies() {
        synchronized (scene) {
            return List.copyOf(scene.policies.values());
        }
    }

    @Override
    public Optional<ProtectionPolicy> policy(PolicyId id) {
        synchronized (scene) {
            return Optional.ofNullable(scene.policies.get(id));
        }
    }

    @Override
    public ProtectionPolicy save(ProtectionPolicy policy) {
        if (policy.name().isBlank()) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", "a policy needs a name")
                    .asException();
        }
        synchronized (scene) {
            scene.policies.put(policy.id(), policy);
        }
        return policy;
    }

    @Override
    public void delete(PolicyId id) {
        synchronized (scene) {
            if (scene.hosts.values().stream()
                    .anyMatch(host -> host.policy().filter(id::equals).isPresent())) {
                throw Problem.of(ProblemCode.CONFLICT, "reason", "hosts use it").asException();
            }
            scene.policies.remove(id);
        }
    }

    @Override
    public List<RetentionDecision> preview(HostId host, RetentionRule rule) {
        List<RetentionDecision> decisions = new ArrayList<>();
        int position = 0;
        for (RecoveryPoint point : scene.pointsOf(host)) {
            List<String> reasons = new ArrayList<>();
            if (position == 0) {
                reasons.add("newest");
            }
            if (position < rule.last()) {
                reasons.add("last");
            }
            if (point.pinned()) {
                reasons.add("pinned");
            }
            if (point.lockedUntil().isPresent()) {
                reasons.add("locked");
            }
            if (position % 5 == 4 && rule.daily() > 0) {
                reasons.add("daily " + point.takenAt().toString().substring(0, 10));
            }
            decisions.add(new RetentionDecision(point.id(), !reasons.isEmpty(), reasons));
            position++;
        }
        return decisions;
    }
}
