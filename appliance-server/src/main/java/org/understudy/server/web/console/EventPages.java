package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.understudy.server.alerts.EventLog;
import org.understudy.server.alerts.LoggedEvent;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.kernel.HostId;
import org.understudy.server.web.Audited;
import org.understudy.server.web.ChangeAudit;
import org.understudy.webui.view.OptionView;

/** What happened. */
@Controller
@RequestMapping("/events")
class EventPages {

    private static final int SHOWN = 200;

    private final EventLog log;
    private final EventViews views;
    private final Fleet fleet;

    EventPages(EventLog log, EventViews views, Fleet fleet) {
        this.log = log;
        this.views = views;
        this.fleet = fleet;
    }

    @GetMapping
    String events(@RequestParam @Nullable String host, Model model, Phrases phrases) {
        Optional<HostId> chosen = fleet.hosts().stream()
                .map(known -> known.id())
                .filter(id -> id.toString().equals(host))
                .findFirst();
        model.addAttribute(
                "events",
                log.recent(SHOWN, chosen).stream()
                        .map(event -> views.view(event, phrases))
                        .toList());
        model.addAttribute(
                "hosts",
                fleet.hosts().stream()
                        .map(known -> new OptionView(
                                known.id().toString(),
                                known.name(),
                                chosen.filter(known.id()::equals).isPresent()))
                        .toList());
        model.addAttribute("anyOpen", !log.needingAttention().isEmpty());
        return "events";
    }

    @PostMapping("/{event}/acknowledge")
    @Audited("event.acknowledge")
    String acknowledge(
            @PathVariable long event, HttpServletRequest request, RedirectAttributes attributes, Phrases phrases) {
        log.acknowledge(event);
        return Answers.done(Answers.back(request), phrases.text("event.acknowledged"), attributes);
    }

    @PostMapping("/acknowledge-all")
    @Audited("event.acknowledge")
    String acknowledgeAll(HttpServletRequest request, RedirectAttributes attributes, Phrases phrases) {
        var open = log.needingAttention();
        ChangeAudit.subject(request, open.size() + " events");
        open.stream().map(LoggedEvent::id).forEach(log::acknowledge);
        return Answers.done(Answers.back(request), phrases.text("event.acknowledged"), attributes);
    }
}
