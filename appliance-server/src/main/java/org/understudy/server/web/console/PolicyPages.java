package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.web.Audited;
import org.understudy.server.web.ChangeAudit;

/** Policies: list, form, and what a retention rule would do. */
@Controller
@RequestMapping("/policies")
class PolicyPages {

    private final Policies policies;
    private final PolicyViews views;

    PolicyPages(Policies policies, PolicyViews views) {
        this.policies = policies;
        this.views = views;
    }

    @GetMapping
    String policies(Model model, Phrases phrases) {
        model.addAttribute(
                "policies",
                policies.policies().stream()
                        .map(policy -> views.row(policy, phrases))
                        .toList());
        return "policies";
    }

    @GetMapping("/new")
    String fresh(Model model, Phrases phrases) {
        model.addAttribute("form", views.form(Optional.empty(), PolicyInput.fresh(phrases.zone()), phrases));
        return "policy";
    }

    @GetMapping("/{policy}")
    String policy(@PathVariable PolicyId policy, Model model, Phrases phrases) {
        model.addAttribute("form", views.form(Optional.of(policy), PolicyInput.of(known(policy)), phrases));
        return "policy";
    }

    /** Saves a new policy, or an existing one if {@code id} names it. A form that is refused is shown again as it was. */
    @PostMapping
    @Audited("policy.save")
    String save(
            @RequestParam MultiValueMap<String, String> form,
            @RequestParam(required = false) @Nullable PolicyId id,
            HttpServletRequest request,
            RedirectAttributes attributes,
            Model model,
            Phrases phrases) {
        PolicyInput input = PolicyInput.of(form);
        PolicyId saved = id == null ? PolicyId.random() : id;
        ChangeAudit.subject(request, saved.toString());
        ChangeAudit.detail(request, input.name());
        try {
            if (id != null) {
                known(id);
            }
            policies.save(input.toPolicy(saved, phrases));
        } catch (ProblemException e) {
            ChangeAudit.refused(request, e.problem());
            model.addAttribute("problem", phrases.problem(e.problem()));
            model.addAttribute("form", views.form(Optional.ofNullable(id), input, phrases));
            return "policy";
        }
        return Answers.done("/policies", phrases.text("policy.saved", input.name()), attributes);
    }

    @PostMapping("/{policy}/delete")
    @Audited("policy.delete")
    String delete(
            @PathVariable PolicyId policy, HttpServletRequest request, RedirectAttributes attributes, Phrases phrases) {
        String name = known(policy).name();
        ChangeAudit.detail(request, name);
        policies.delete(policy);
        return Answers.done("/policies", phrases.text("policy.deleted", name), attributes);
    }

    /** What the rule in the form would do to the points of a host now. */
    @GetMapping("/preview")
    String preview(
            @RequestParam HostId host, @RequestParam MultiValueMap<String, String> form, Model model, Phrases phrases) {
        model.addAttribute("preview", views.preview(host, PolicyInput.of(form).rule(phrases), phrases));
        return "preview";
    }

    private ProtectionPolicy known(PolicyId policy) {
        return policies.policy(policy).orElseThrow(() -> Answers.missing("policy " + policy));
    }
}
