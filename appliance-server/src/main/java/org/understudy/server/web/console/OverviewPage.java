package org.understudy.server.web.console;

import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** What is protected, what is proven, what needs somebody. */
@Controller
class OverviewPage {

    private final OverviewViews views;

    OverviewPage(OverviewViews views) {
        this.views = views;
    }

    @GetMapping("/")
    String overview(Model model, Phrases phrases) {
        model.addAttribute("page", views.page(phrases));
        return "overview";
    }
}
