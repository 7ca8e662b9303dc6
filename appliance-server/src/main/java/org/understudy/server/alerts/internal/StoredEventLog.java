package org.understudy.server.alerts.internal;

import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.alerts.EventLog;
import org.understudy.server.alerts.LoggedEvent;
import org.understudy.server.alerts.Severity;
import org.understudy.server.kernel.HostId;

/** The event log in the database. */
@Component
class StoredEventLog implements EventLog {

    private static final String BUNDLE = "org.understudy.server.alerts.events";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-zA-Z0-9]+)}");
    private static final int ATTENTION_LIMIT = 100;

    private final EventRows rows;
    private final Clock clock;

    StoredEventLog(EventRows rows, Clock clock) {
        this.rows = rows;
        this.clock = clock;
    }

    @Transactional
    void write(
            Severity severity,
            String kind,
            @Nullable HostId host,
            Map<String, String> values,
            @Nullable Problem problem) {
        rows.save(new EventRow(clock.instant(), severity, kind, host, values, problem));
    }

    @Override
    @Transactional(readOnly = true)
    public List<LoggedEvent> recent(int limit, Optional<HostId> host) {
        List<EventRow> found = host.isPresent()
                ? rows.findByHostIdOrderByIdDesc(host.get().value(), Limit.of(limit))
                : rows.findByOrderByIdDesc(Limit.of(limit));
        return found.stream().map(EventRow::toEvent).toList();
    }

    @Override
    @Transactional(readOnly = true)
    public List<LoggedEvent> needingAttention() {
        return rows.findByAcknowledgedFalseOrderByIdDesc(Limit.of(ATTENTION_LIMIT)).stream()
                .map(EventRow::toEvent)
                .toList();
    }

    @Override
    @Transactional
    public void acknowledge(long id) {
        EventRow row = rows.findById(id)
                .orElseThrow(() ->
                        Problem.of(ProblemCode.NOT_FOUND, "what", "event " + id).asException());
        row.acknowledge();
        rows.save(row);
    }

    @Override
    public String text(LoggedEvent event, Locale locale) {
        ResourceBundle bundle = ResourceBundle.getBundle(
                BUNDLE, locale, ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
        Matcher matcher = PLACEHOLDER.matcher(bundle.getString(event.kind()));
        return matcher.replaceAll(
                found -> Matcher.quoteReplacement(event.values().getOrDefault(found.group(1), "?")));
    }
}
