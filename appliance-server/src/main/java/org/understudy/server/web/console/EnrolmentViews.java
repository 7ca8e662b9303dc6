package org.understudy.server.web.console;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.Fleet;
import org.understudy.webui.view.EnrolmentView;
import org.understudy.webui.view.OptionView;
import org.understudy.webui.view.TokenView;

/** How a new host joins, for people. */
@Component
class EnrolmentViews {

    private static final List<Integer> MINUTES = List.of(15, 60, 24 * 60);
    private static final int PRESET = 60;

    private final Fleet fleet;
    private final ConsoleSettings settings;

    EnrolmentViews(Fleet fleet, ConsoleSettings settings) {
        this.fleet = fleet;
        this.settings = settings;
    }

    EnrolmentView view(Optional<Fleet.IssuedToken> issued, Phrases phrases) {
        return new EnrolmentView(
                issued.flatMap(Fleet.IssuedToken::install).orElse(null),
                issued.map(token -> settings.agentCommand() + " " + token.command())
                        .orElse(null),
                phrases.time(issued.map(Fleet.IssuedToken::expiresAt)),
                MINUTES.stream()
                        .map(minutes -> new OptionView(
                                Integer.toString(minutes),
                                phrases.duration(Duration.ofMinutes(minutes)),
                                minutes == PRESET))
                        .toList(),
                fleet.pendingTokens().stream()
                        .map(token -> new TokenView(
                                token.id(),
                                phrases.time(token.issuedAt()),
                                phrases.time(token.expiresAt()),
                                token.issuedBy()))
                        .toList());
    }

    /** @throws org.understudy.core.problem.ProblemException {@code INVALID_REQUEST} for a time that the form does not offer */
    Duration validity(int minutes) {
        if (!MINUTES.contains(minutes)) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", "minutes " + minutes)
                    .asException();
        }
        return Duration.ofMinutes(minutes);
    }
}
