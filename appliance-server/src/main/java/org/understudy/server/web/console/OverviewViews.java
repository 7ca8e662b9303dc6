package org.understudy.server.web.console;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.alerts.EventLog;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.hypervisor.Acceleration;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.recovery.Takeovers;
import org.understudy.server.storage.PoolUsage;
import org.understudy.server.storage.VolumeStore;
import org.understudy.webui.view.AttentionView;
import org.understudy.webui.view.FigureView;
import org.understudy.webui.view.OverviewView;
import org.understudy.webui.view.PoolView;
import org.understudy.webui.view.ProblemView;
import org.understudy.webui.view.Tone;

/** The state of the whole appliance for people. */
@Component
class OverviewViews {

    private static final long NEARLY_FULL_PERMILLE = 800;
    private static final long FULL_PERMILLE = 900;

    private final HostStatuses statuses;
    private final HostViews hosts;
    private final BackupRuns runs;
    private final RunViews runViews;
    private final Takeovers takeovers;
    private final TakeoverViews takeoverViews;
    private final EventLog events;
    private final EventViews eventViews;
    private final VolumeStore store;
    private final AccelerationStatus acceleration;

    OverviewViews(
            HostStatuses statuses,
            HostViews hosts,
            BackupRuns runs,
            RunViews runViews,
            Takeovers takeovers,
            TakeoverViews takeoverViews,
            EventLog events,
            EventViews eventViews,
            VolumeStore store,
            AccelerationStatus acceleration) {
        this.statuses = statuses;
        this.hosts = hosts;
        this.runs = runs;
        this.runViews = runViews;
        this.takeovers = takeovers;
        this.takeoverViews = takeoverViews;
        this.events = events;
        this.eventViews = eventViews;
        this.store = store;
        this.acceleration = acceleration;
    }

    OverviewView page(Phrases phrases) {
        List<HostStatus> all = statuses.all();
        List<HostStatus> current =
                all.stream().filter(status -> !status.host().retired()).toList();
        @Nullable PoolView pool = null;
        @Nullable ProblemView poolProblem = null;
        try {
            pool = pool(store.usage(), phrases);
        } catch (ProblemException e) {
            poolProblem = phrases.problem(e.problem());
        }
        return new OverviewView(
                attention(current, pool, phrases),
                figures(current, pool, phrases),
                runs.active().stream().map(run -> runViews.row(run, phrases)).toList(),
                takeovers.active().stream()
                        .map(takeover -> takeoverViews.row(takeover, phrases))
                        .toList(),
                current.stream().map(status -> hosts.row(status, phrases)).toList(),
                pool,
                poolProblem,
                events.needingAttention().stream()
                        .map(event -> eventViews.view(event, phrases))
                        .toList());
    }

    private List<AttentionView> attention(List<HostStatus> all, @Nullable PoolView pool, Phrases phrases) {
        List<AttentionView> items = new ArrayList<>();
        for (HostStatus status : all) {
            protection(status, phrases).ifPresent(items::add);
            suspects(status, phrases).ifPresent(items::add);
            failure(status, phrases).ifPresent(items::add);
            offline(status, phrases).ifPresent(items::add);
        }
        if (pool != null && pool.tone() != Tone.GOOD) {
            items.add(new AttentionView(
                    pool.tone(),
                    phrases.text("attention.pool", pool.free()),
                    phrases.text("attention.pool.detail"),
                    null,
                    "/#pool"));
        }
        items.sort(Comparator.comparing(AttentionView::tone).reversed());
        return items;
    }

    private static Optional<AttentionView> protection(HostStatus status, Phrases phrases) {
        ProtectedHost host = status.host();
        String objective = status.policy()
                .map(policy -> phrases.coarse(policy.objective()))
                .orElse("–");
        return switch (status.protection()) {
            case PROTECTED, BY_HAND, NEW, RETIRED -> Optional.empty();
            case STALE ->
                Optional.of(new AttentionView(
                        Tone.BAD,
                        phrases.text("attention.stale", host.name()),
                        phrases.text("attention.stale.detail", objective),
                        phrases.time(status.newestGood().map(RecoveryPoint::takenAt)),
                        "/hosts/" + host.id()));
            case NEVER ->
                Optional.of(new AttentionView(
                        Tone.BAD,
                        phrases.text("attention.never", host.name()),
                        phrases.text("attention.never.detail", objective),
                        phrases.time(host.enrolledAt()),
                        "/hosts/" + host.id()));
            case UNPROTECTED ->
                Optional.of(new AttentionView(
                        Tone.WARN,
                        phrases.text("attention.unprotected", host.name()),
                        phrases.text("attention.unprotected.detail"),
                        phrases.time(host.enrolledAt()),
                        "/hosts/" + host.id() + "#policy"));
        };
    }

    private static Optional<AttentionView> suspects(HostStatus status, Phrases phrases) {
        List<RecoveryPoint> suspects = status.suspects();
        if (suspects.isEmpty()) {
            return Optional.empty();
        }
        RecoveryPoint first = suspects.getFirst();
        return Optional.of(new AttentionView(
                Tone.BAD,
                phrases.text("attention.suspect", status.host().name(), phrases.count(suspects.size())),
                phrases.text("attention.suspect.detail"),
                phrases.time(first.stateSince().or(() -> Optional.of(first.takenAt()))),
                "/points/" + first.id()));
    }

    private static Optional<AttentionView> failure(HostStatus status, Phrases phrases) {
        return status.lastFailure()
                .filter(run -> status.active().isEmpty())
                .map(run -> new AttentionView(
                        Tone.WARN,
                        phrases.text("attention.failed", status.host().name()),
                        run.problem()
                                .map(problem -> problem.summary(phrases.locale()))
                                .orElse(""),
                        phrases.time(run.endedAt().or(() -> Optional.of(run.requestedAt()))),
                        "/runs/" + run.id()));
    }

    private static Optional<AttentionView> offline(HostStatus status, Phrases phrases) {
        if (status.host().connected() || status.policy().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new AttentionView(
                Tone.WARN,
                phrases.text("attention.offline", status.host().name()),
                phrases.text("attention.offline.detail"),
                phrases.time(status.host().lastSeen()),
                "/hosts/" + status.host().id()));
    }

    private List<FigureView> figures(List<HostStatus> all, @Nullable PoolView pool, Phrases phrases) {
        long good = all.stream()
                .filter(status -> status.protection() == HostStatus.Protection.PROTECTED
                        || status.protection() == HostStatus.Protection.BY_HAND)
                .count();
        long proven =
                all.stream().filter(status -> status.newestProven().isPresent()).count();
        long points = all.stream().mapToLong(status -> status.points().size()).sum();
        long failed = runs.recent(200).stream()
                .filter(run -> run.state() == BackupRun.State.FAILED
                        && run.requestedAt().isAfter(phrases.now().minus(java.time.Duration.ofDays(1))))
                .count();
        List<FigureView> figures = new ArrayList<>();
        figures.add(new FigureView(
                phrases.text("figure.protected"),
                good + " / " + all.size(),
                phrases.text("figure.protected.note"),
                good == all.size() ? Tone.GOOD : Tone.BAD,
                "/hosts"));
        figures.add(new FigureView(
                phrases.text("figure.proven"),
                proven + " / " + all.size(),
                phrases.text("figure.proven.note"),
                proven == all.size() ? Tone.GOOD : Tone.WARN,
                "/takeovers"));
        figures.add(new FigureView(
                phrases.text("figure.failed"),
                phrases.count(failed),
                phrases.text("figure.failed.note"),
                failed == 0 ? Tone.GOOD : Tone.WARN,
                "/events"));
        figures.add(new FigureView(
                phrases.text("figure.points"),
                phrases.count(points),
                phrases.text("figure.points.note"),
                Tone.PLAIN,
                "/hosts"));
        if (pool != null) {
            figures.add(new FigureView(
                    phrases.text("figure.pool"),
                    Math.round(pool.permille() / 10.0) + " %",
                    phrases.text("figure.pool.note", pool.free()),
                    pool.tone(),
                    "/#pool"));
        }
        figures.add(acceleration(phrases));
        return figures;
    }

    private FigureView acceleration(Phrases phrases) {
        Optional<Acceleration> known = acceleration.now();
        String key = known.map(value -> "acceleration." + value.name()).orElse("acceleration.UNKNOWN");
        Tone tone = known.map(value -> value == Acceleration.KVM ? Tone.GOOD : Tone.WARN)
                .orElse(Tone.PLAIN);
        return new FigureView(
                phrases.text("figure.acceleration"),
                phrases.text(key),
                phrases.text(key + ".note"),
                tone,
                "/takeovers");
    }

    private static PoolView pool(PoolUsage usage, Phrases phrases) {
        long total = Math.max(usage.total().bytes(), 1);
        long permille = Math.clamp(Math.round(1000.0 * (total - usage.free().bytes()) / total), 0, 1000);
        Tone tone = permille >= FULL_PERMILLE ? Tone.BAD : permille >= NEARLY_FULL_PERMILLE ? Tone.WARN : Tone.GOOD;
        return new PoolView(
                usage.kind(),
                phrases.size(usage.used().bytes()),
                phrases.size(usage.free().bytes()),
                phrases.size(usage.total().bytes()),
                permille,
                tone);
    }
}
