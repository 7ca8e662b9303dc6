package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeovers;
import org.understudy.server.web.Audited;
import org.understudy.server.web.ChangeAudit;

/** Takeovers and drills. */
@Controller
@RequestMapping("/takeovers")
class TakeoverPages {

    private static final int SHOWN = 100;

    private final Takeovers takeovers;
    private final TakeoverViews views;

    TakeoverPages(Takeovers takeovers, TakeoverViews views) {
        this.takeovers = takeovers;
        this.views = views;
    }

    @GetMapping
    String takeovers(Model model, Phrases phrases) {
        model.addAttribute(
                "takeovers",
                takeovers.takeovers(SHOWN).stream()
                        .map(takeover -> views.row(takeover, phrases))
                        .toList());
        return "takeovers";
    }

    @GetMapping("/{takeover}")
    String takeover(@PathVariable TakeoverId takeover, Model model, Phrases phrases) {
        model.addAttribute("page", views.page(known(takeover), phrases));
        return "takeover";
    }

    @GetMapping("/{takeover}/screen.png")
    ResponseEntity<byte[]> screen(@PathVariable TakeoverId takeover) {
        known(takeover);
        return takeovers
                .screenshot(takeover)
                .map(png -> ResponseEntity.ok()
                        .contentType(MediaType.IMAGE_PNG)
                        .cacheControl(CacheControl.noStore())
                        .body(png))
                .orElse(ResponseEntity.notFound().build());
    }

    @PostMapping("/{takeover}/stop")
    @Audited("takeover.stop")
    String stop(@PathVariable TakeoverId takeover, RedirectAttributes attributes, Phrases phrases) {
        takeovers.stop(takeover);
        return Answers.done("/takeovers/" + takeover, phrases.text("takeover.stop.done"), attributes);
    }

    @PostMapping("/{takeover}/resume")
    @Audited("takeover.resume")
    String resume(@PathVariable TakeoverId takeover, RedirectAttributes attributes, Phrases phrases) {
        takeovers.resume(takeover);
        return Answers.done("/takeovers/" + takeover, phrases.text("takeover.resume.done"), attributes);
    }

    @PostMapping("/{takeover}/discard")
    @Audited("takeover.discard")
    String discard(@PathVariable TakeoverId takeover, RedirectAttributes attributes, Phrases phrases) {
        takeovers.discard(takeover);
        return Answers.done("/takeovers/" + takeover, phrases.text("takeover.discard.done"), attributes);
    }

    @PostMapping("/{takeover}/keep")
    @Audited("takeover.keep")
    String keep(
            @PathVariable TakeoverId takeover,
            @RequestParam boolean kept,
            HttpServletRequest request,
            RedirectAttributes attributes,
            Phrases phrases) {
        ChangeAudit.detail(request, kept ? "kept" : "released");
        takeovers.keep(takeover, kept);
        return Answers.done(
                "/takeovers/" + takeover,
                phrases.text(kept ? "takeover.keep.done" : "takeover.release.done"),
                attributes);
    }

    private Takeover known(TakeoverId takeover) {
        return takeovers.takeover(takeover).orElseThrow(() -> Answers.missing("takeover " + takeover));
    }
}
