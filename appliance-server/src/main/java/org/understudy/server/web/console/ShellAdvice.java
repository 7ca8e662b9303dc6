package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.util.List;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.understudy.server.alerts.EventLog;
import org.understudy.server.hypervisor.Acceleration;
import org.understudy.server.web.Languages;
import org.understudy.webui.view.OptionView;
import org.understudy.webui.view.ShellView;

/** Gives every page what stands around its content. */
@Component
@ControllerAdvice(basePackageClasses = ShellAdvice.class)
class ShellAdvice {

    private static final List<String> SECTIONS =
            List.of("hosts", "takeovers", "policies", "events", "audit", "account", "runs", "points");

    private final EventLog events;
    private final AccelerationStatus acceleration;

    ShellAdvice(EventLog events, AccelerationStatus acceleration) {
        this.events = events;
        this.acceleration = acceleration;
    }

    @ModelAttribute("shell")
    ShellView shell(HttpServletRequest request, Phrases phrases) {
        Principal user = request.getUserPrincipal();
        String current = phrases.locale().getLanguage();
        return new ShellView(
                phrases.locale().toLanguageTag(),
                Languages.ALL.stream()
                        .map(language -> new OptionView(
                                language.getLanguage(),
                                phrases.text("language." + language.getLanguage()),
                                language.getLanguage().equals(current)))
                        .toList(),
                section(request.getRequestURI()),
                user == null ? null : user.getName(),
                user == null ? 0 : events.needingAttention().size(),
                phrases.time(phrases.now()),
                phrases.zoneName(),
                acceleration.now().filter(Acceleration.EMULATION::equals).isPresent());
    }

    private static String section(String path) {
        String first = path.split("/", -1).length > 1 ? path.split("/", -1)[1] : "";
        if (!SECTIONS.contains(first)) {
            return "overview";
        }
        return first.equals("runs") || first.equals("points") ? "hosts" : first;
    }
}
