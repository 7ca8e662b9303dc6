package org.understudy.server.web.api;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.Policies;

/** Protection policies. */
@RestController
@RequestMapping("/api/v1")
class PolicyController {

    private final Policies policies;

    PolicyController(Policies policies) {
        this.policies = policies;
    }

    @GetMapping("/policies")
    List<PolicyResource> policies() {
        return policies.policies().stream().map(PolicyResource::of).toList();
    }

    @GetMapping("/policies/{policy}")
    PolicyResource policy(@PathVariable PolicyId policy) {
        return policies.policy(policy)
                .map(PolicyResource::of)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "policy " + policy)
                        .asException());
    }

    @PostMapping("/policies")
    @ResponseStatus(HttpStatus.CREATED)
    PolicyResource create(@RequestBody PolicyResource policy) {
        return PolicyResource.of(policies.save(policy.toPolicy(PolicyId.random())));
    }

    @PutMapping("/policies/{policy}")
    PolicyResource replace(@PathVariable PolicyId policy, @RequestBody PolicyResource replacement) {
        policy(policy);
        return PolicyResource.of(policies.save(replacement.toPolicy(policy)));
    }

    @DeleteMapping("/policies/{policy}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void delete(@PathVariable PolicyId policy) {
        policies.delete(policy);
    }

    /** @param reasons why the point is kept; empty if it would be pruned */
    record DecisionResource(String pointId, boolean kept, List<String> reasons) {}

    /** What a retention rule would do to a host's points now; changes nothing. */
    @PostMapping("/hosts/{host}/retention-preview")
    List<DecisionResource> preview(@PathVariable HostId host, @RequestBody RetentionResource rule) {
        return policies.preview(host, rule.toRule()).stream()
                .map(decision -> new DecisionResource(decision.point().toString(), decision.kept(), decision.reasons()))
                .toList();
    }
}
