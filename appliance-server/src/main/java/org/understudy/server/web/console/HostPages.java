package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.AgentUpgrades;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.web.Audited;
import org.understudy.server.web.ChangeAudit;

/** Hosts and what can be done with one. */
@Controller
@RequestMapping("/hosts")
class HostPages {

    private static final int LONGEST_NAME = 100;

    private final Fleet fleet;
    private final BackupRuns runs;
    private final HostStatuses statuses;
    private final HostViews views;
    private final EnrolmentViews enrolment;
    private final AgentUpgrades upgrades;

    HostPages(
            Fleet fleet,
            BackupRuns runs,
            HostStatuses statuses,
            HostViews views,
            EnrolmentViews enrolment,
            AgentUpgrades upgrades) {
        this.fleet = fleet;
        this.runs = runs;
        this.statuses = statuses;
        this.views = views;
        this.enrolment = enrolment;
        this.upgrades = upgrades;
    }

    @GetMapping
    String hosts(Model model, Phrases phrases) {
        model.addAttribute(
                "hosts",
                statuses.all().stream()
                        .map(status -> views.row(status, phrases))
                        .toList());
        model.addAttribute(
                "enrolment",
                enrolment.view(Optional.ofNullable((Fleet.IssuedToken) model.getAttribute("issued")), phrases));
        return "hosts";
    }

    @PostMapping("/tokens")
    @Audited("enrolment.token")
    String issueToken(
            @RequestParam int minutes, HttpServletRequest request, RedirectAttributes attributes, Phrases phrases) {
        Fleet.IssuedToken issued =
                fleet.issueToken(enrolment.validity(minutes), String.valueOf(request.getRemoteUser()));
        ChangeAudit.subject(request, issued.id());
        ChangeAudit.detail(request, "until " + issued.expiresAt());
        attributes.addFlashAttribute("issued", issued);
        return "redirect:/hosts#enrol";
    }

    @GetMapping("/{host}")
    String host(
            @PathVariable HostId host,
            @RequestParam @Nullable String day,
            @RequestParam @Nullable String all,
            Model model,
            Phrases phrases) {
        model.addAttribute("page", views.page(statuses.of(known(host)), day(day), all != null, phrases));
        return "host";
    }

    @PostMapping("/{host}/run")
    @Audited("run.start")
    String run(@PathVariable HostId host, HttpServletRequest request, RedirectAttributes attributes, Phrases phrases) {
        RunId run = runs.start(host, BackupRun.Trigger.MANUAL);
        ChangeAudit.detail(request, "run " + run);
        return Answers.done("/hosts/" + host, phrases.text("host.run.started"), attributes);
    }

    @PostMapping("/{host}/agent-upgrade")
    @Audited("host.agent-upgrade")
    String upgrade(
            @PathVariable HostId host, HttpServletRequest request, RedirectAttributes attributes, Phrases phrases) {
        if (runs.active().stream().anyMatch(run -> run.host().equals(host))) {
            throw Problem.of(ProblemCode.RUN_IN_PROGRESS, "host", known(host).name())
                    .asException();
        }
        ChangeAudit.detail(request, "to " + upgrades.start(host).version());
        return Answers.done("/hosts/" + host, phrases.text("host.upgrade.started"), attributes);
    }

    @PostMapping("/{host}/policy")
    @Audited("host.policy")
    String policy(
            @PathVariable HostId host,
            @RequestParam String policy,
            HttpServletRequest request,
            RedirectAttributes attributes,
            Phrases phrases) {
        ChangeAudit.detail(request, policy.isEmpty() ? "none" : policy);
        fleet.assignPolicy(host, policy.isEmpty() ? Optional.empty() : Optional.of(policyId(policy)));
        return Answers.done("/hosts/" + host, phrases.text("host.policy.saved"), attributes);
    }

    @PostMapping("/{host}/disks")
    @Audited("host.disks")
    String disks(
            @PathVariable HostId host,
            @RequestParam(defaultValue = "") List<String> disks,
            HttpServletRequest request,
            RedirectAttributes attributes,
            Phrases phrases) {
        ChangeAudit.detail(request, String.join(" ", disks));
        fleet.selectDisks(host, Set.copyOf(disks));
        return Answers.done("/hosts/" + host, phrases.text("host.disks.saved"), attributes);
    }

    @PostMapping("/{host}/name")
    @Audited("host.rename")
    String rename(
            @PathVariable HostId host,
            @RequestParam String name,
            HttpServletRequest request,
            RedirectAttributes attributes,
            Phrases phrases) {
        String wanted = name.strip();
        if (wanted.isEmpty() || wanted.length() > LONGEST_NAME) {
            throw Problem.of(
                            ProblemCode.INVALID_REQUEST,
                            "reason",
                            phrases.text("form.wrong", phrases.text("host.name")))
                    .asException();
        }
        ChangeAudit.detail(request, known(host).name() + " -> " + wanted);
        fleet.rename(host, wanted);
        return Answers.done("/hosts/" + host, phrases.text("host.name.saved"), attributes);
    }

    @PostMapping("/{host}/retire")
    @Audited("host.retire")
    String retire(@PathVariable HostId host, RedirectAttributes attributes, Phrases phrases) {
        fleet.retire(host);
        return Answers.done("/hosts/" + host, phrases.text("host.retire.done"), attributes);
    }

    private ProtectedHost known(HostId host) {
        return fleet.host(host).orElseThrow(() -> Answers.missing("host " + host));
    }

    private static PolicyId policyId(String text) {
        try {
            return PolicyId.parse(text);
        } catch (IllegalArgumentException e) {
            throw Problem.of(ProblemCode.NOT_FOUND, "what", "policy " + text).asException(e);
        }
    }

    private static Optional<LocalDate> day(@Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(LocalDate.parse(text));
        } catch (DateTimeException e) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", "day " + text)
                    .asException(e);
        }
    }
}
