package org.understudy.console;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ResourceBundle;
import org.understudy.server.alerts.EventLog;
import org.understudy.server.alerts.LoggedEvent;
import org.understudy.server.alerts.Severity;
import org.understudy.server.kernel.HostId;

/** Keeps events in memory; their texts are the product's. */
final class FakeEventLog implements EventLog {

    private final Scene scene;

    FakeEventLog(Scene scene) {
        this.scene = scene;
    }

    @Override
    public List<LoggedEvent> recent(int limit, Optional<HostId> host) {
        synchronized (scene) {
            return scene.log.stream()
                    .filter(event -> host.isEmpty() || event.host().equals(host))
                    .sorted(Comparator.comparing(LoggedEvent::at).reversed())
                    .limit(limit)
                    .toList();
        }
    }

    @Override
    public List<LoggedEvent> needingAttention() {
        return recent(1000, Optional.empty()).stream()
                .filter(event -> !event.acknowledged() && event.severity().compareTo(Severity.WARNING) >= 0)
                .toList();
    }

    @Override
    public void acknowledge(long id) {
        synchronized (scene) {
            scene.log.replaceAll(e -> e.id() == id
                    ? new LoggedEvent(e.id(), e.at(), e.severity(), e.kind(), e.host(), e.values(), e.problem(), true)
                    : e);
        }
    }

    @Override
    public String text(LoggedEvent event, Locale locale) {
        ResourceBundle bundle = ResourceBundle.getBundle(
                "org.understudy.server.alerts.events",
                locale,
                ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
        String text = bundle.getString(event.kind());
        for (Map.Entry<String, String> value : event.values().entrySet()) {
            text = text.replace("{" + value.getKey() + "}", value.getValue());
        }
        return text;
    }
}
