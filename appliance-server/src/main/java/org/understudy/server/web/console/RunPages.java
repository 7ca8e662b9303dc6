package org.understudy.server.web.console;

import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.web.Audited;

/** One backup run. */
@Controller
@RequestMapping("/runs")
class RunPages {

    private final BackupRuns runs;
    private final RunViews views;

    RunPages(BackupRuns runs, RunViews views) {
        this.runs = runs;
        this.views = views;
    }

    @GetMapping("/{run}")
    String run(@PathVariable RunId run, Model model, Phrases phrases) {
        model.addAttribute("page", views.page(known(run), phrases));
        return "run";
    }

    @PostMapping("/{run}/cancel")
    @Audited("run.cancel")
    String cancel(@PathVariable RunId run, RedirectAttributes attributes, Phrases phrases) {
        known(run);
        runs.cancel(run);
        return Answers.done("/runs/" + run, phrases.text("run.cancel.done"), attributes);
    }

    private BackupRun known(RunId run) {
        return runs.run(run).orElseThrow(() -> Answers.missing("run " + run));
    }
}
