package org.understudy.server.protection;

import java.util.List;
import java.util.Optional;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.PolicyId;

/** Protection policies. Invalid ones are {@code INVALID_REQUEST} with every fault named. Thread-safe. */
public interface Policies {

    List<ProtectionPolicy> policies();

    Optional<ProtectionPolicy> policy(PolicyId id);

    /** Creates or replaces; schedules follow at once. */
    ProtectionPolicy save(ProtectionPolicy policy);

    /** @throws org.understudy.core.problem.ProblemException {@code CONFLICT} while hosts use it */
    void delete(PolicyId id);

    /** What the rule would do to the host's points now; changes nothing. */
    List<RetentionDecision> preview(HostId host, RetentionRule rule);

    /**
     * @param reasons why it is kept ({@code last}, {@code daily 2026-11-20}, {@code pinned}, {@code locked}, {@code newest} …);
     *     empty if it would be pruned
     */
    record RetentionDecision(PointId point, boolean kept, List<String> reasons) {}
}
