package org.understudy.server.web.console;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.ProtectionEvents;
import org.understudy.webui.view.ProgressView;

/** Which points are being read back now, and how far each is; from events, gone after a restart. Thread-safe. */
@Component
class VerificationProgress {

    private final Map<PointId, Blocks> running = new ConcurrentHashMap<>();

    private record Blocks(long done, long total) {}

    Optional<ProgressView> of(PointId point, Phrases phrases) {
        return Optional.ofNullable(running.get(point)).map(blocks -> view(blocks.done(), blocks.total(), phrases));
    }

    static ProgressView view(long done, long total, Phrases phrases) {
        return new ProgressView(
                Math.clamp(1000 * done / Math.max(total, 1), 0, 1000),
                phrases.text(
                        "progress.blocks", phrases.count(done), phrases.count(total), phrases.percent(done, total)),
                "",
                "");
    }

    void started(PointId point) {
        running.putIfAbsent(point, new Blocks(0, 0));
    }

    void ended(PointId point) {
        running.remove(point);
    }

    @EventListener
    void on(ProtectionEvents.VerificationProgressed event) {
        if (event.doneBlocks() >= event.totalBlocks()) {
            running.remove(event.point());
        } else {
            running.put(event.point(), new Blocks(event.doneBlocks(), event.totalBlocks()));
        }
    }

    @EventListener
    void on(ProtectionEvents.PointVerified event) {
        running.remove(event.point());
    }

    @EventListener
    void on(ProtectionEvents.PointSuspect event) {
        running.remove(event.point());
    }

    @EventListener
    void on(ProtectionEvents.RecoveryPointRemoved event) {
        running.remove(event.point());
    }
}
