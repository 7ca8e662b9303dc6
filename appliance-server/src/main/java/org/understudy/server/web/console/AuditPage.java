package org.understudy.server.web.console;

import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.understudy.server.access.AuditLog;
import org.understudy.webui.view.AuditView;

/** Who changed what. */
@Controller
class AuditPage {

    private static final int SHOWN = 300;

    private final AuditLog audit;

    AuditPage(AuditLog audit) {
        this.audit = audit;
    }

    @GetMapping("/audit")
    String audit(Model model, Phrases phrases) {
        model.addAttribute(
                "entries",
                audit.recent(SHOWN).stream()
                        .map(entry -> new AuditView(
                                phrases.time(entry.at()),
                                entry.who(),
                                entry.address(),
                                entry.action(),
                                entry.subject(),
                                entry.detail()))
                        .toList());
        return "audit";
    }
}
