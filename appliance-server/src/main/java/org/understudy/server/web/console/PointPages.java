package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.recovery.Takeovers;
import org.understudy.server.web.Audited;
import org.understudy.server.web.ChangeAudit;

/** One recovery point and what can be done with it. */
@Controller
@RequestMapping("/points/{point}")
class PointPages {

    private static final Logger LOG = LoggerFactory.getLogger(PointPages.class);

    private final RecoveryPoints points;
    private final Takeovers takeovers;
    private final PointViews views;
    private final VerificationProgress verifications;

    PointPages(RecoveryPoints points, Takeovers takeovers, PointViews views, VerificationProgress verifications) {
        this.points = points;
        this.takeovers = takeovers;
        this.views = views;
        this.verifications = verifications;
    }

    @GetMapping
    String point(@PathVariable PointId point, Model model, Phrases phrases) {
        model.addAttribute("page", views.page(known(point), phrases));
        return "point";
    }

    @PostMapping("/verify")
    @Audited("point.verify")
    String verify(@PathVariable PointId point, RedirectAttributes attributes, Phrases phrases) {
        known(point);
        verifications.started(point);
        var unused = points.verify(point).whenComplete((verified, failure) -> {
            verifications.ended(point);
            if (failure != null) {
                LOG.warn("The verification of point {} did not end well", point, failure);
            }
        });
        return Answers.done("/points/" + point, phrases.text("point.verify.started"), attributes);
    }

    @PostMapping("/pin")
    @Audited("point.pin")
    String pin(
            @PathVariable PointId point,
            @RequestParam boolean pinned,
            HttpServletRequest request,
            RedirectAttributes attributes,
            Phrases phrases) {
        ChangeAudit.detail(request, pinned ? "pinned" : "unpinned");
        points.pin(point, pinned);
        return Answers.done(
                "/points/" + point, phrases.text(pinned ? "point.pin.done" : "point.unpin.done"), attributes);
    }

    /** @param until a day; the lock ends when it begins, in the zone of the appliance */
    @PostMapping("/lock")
    @Audited("point.lock")
    String lock(
            @PathVariable PointId point,
            @RequestParam String until,
            HttpServletRequest request,
            RedirectAttributes attributes,
            Phrases phrases) {
        Instant end;
        try {
            end = LocalDate.parse(until).atStartOfDay(phrases.zone()).toInstant();
        } catch (DateTimeException e) {
            throw wrongDate(phrases);
        }
        if (!end.isAfter(phrases.now())) {
            throw wrongDate(phrases);
        }
        ChangeAudit.detail(request, "until " + end);
        points.lock(point, end);
        return Answers.done(
                "/points/" + point,
                phrases.text("point.lock.done", phrases.time(end).full()),
                attributes);
    }

    @PostMapping("/delete")
    @Audited("point.delete")
    String delete(
            @PathVariable PointId point, HttpServletRequest request, RedirectAttributes attributes, Phrases phrases) {
        RecoveryPoint doomed = known(point);
        ChangeAudit.detail(request, "taken at " + doomed.takenAt() + " of host " + doomed.host());
        points.delete(point);
        return Answers.done("/hosts/" + doomed.host(), phrases.text("point.delete.done"), attributes);
    }

    @PostMapping("/start")
    @Audited("takeover.start")
    String start(
            @PathVariable PointId point,
            @RequestParam MultiValueMap<String, String> form,
            HttpServletRequest request,
            RedirectAttributes attributes,
            Phrases phrases) {
        Takeovers.Request wanted = StartForm.read(point, form, phrases);
        ChangeAudit.detail(request, wanted.mode().name());
        TakeoverId started = takeovers.start(wanted);
        ChangeAudit.detail(request, wanted.mode() + " " + started);
        return Answers.done("/takeovers/" + started, phrases.text("start.done." + wanted.mode()), attributes);
    }

    private RecoveryPoint known(PointId point) {
        return points.point(point).orElseThrow(() -> Answers.missing("recovery point " + point));
    }

    private static RuntimeException wrongDate(Phrases phrases) {
        return Problem.of(
                        ProblemCode.INVALID_REQUEST,
                        "reason",
                        phrases.text("form.wrong", phrases.text("point.lock.until")))
                .asException();
    }
}
