package org.understudy.server.web.console;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.TextStyle;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.fleet.AgentUpgrades;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionLag;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.webui.view.BadgeView;
import org.understudy.webui.view.CalendarView;
import org.understudy.webui.view.FactView;
import org.understudy.webui.view.HostRow;
import org.understudy.webui.view.HostView;
import org.understudy.webui.view.LinkView;
import org.understudy.webui.view.OptionView;
import org.understudy.webui.view.TickView;
import org.understudy.webui.view.Tone;

/** Hosts for people. */
@Component
class HostViews {

    private static final int POINTS_SHOWN = 24;
    private static final int WEEKS = 5;
    private static final Duration LAG_WINDOW = Duration.ofHours(1);

    private final Policies policies;
    private final RunViews runs;
    private final PointViews points;
    private final AgentUpgrades upgrades;
    private final ProtectionLag lag;

    HostViews(Policies policies, RunViews runs, PointViews points, AgentUpgrades upgrades, ProtectionLag lag) {
        this.lag = lag;
        this.policies = policies;
        this.runs = runs;
        this.points = points;
        this.upgrades = upgrades;
    }

    HostRow row(HostStatus status, Phrases phrases) {
        ProtectedHost host = status.host();
        List<TickView> history = new ArrayList<>();
        for (BackupRun run : status.runs().reversed()) {
            history.add(runs.tick(run, phrases));
        }
        return new HostRow(
                new LinkView("/hosts/" + host.id(), host.name()),
                host.facts().map(HostFacts::operatingSystem).orElse("–"),
                agent(host, phrases),
                host.connected() || host.retired() ? null : phrases.time(host.lastSeen()),
                protection(status, phrases),
                phrases.time(status.newestGood().map(RecoveryPoint::takenAt)),
                status.policy()
                        .map(policy -> phrases.coarse(policy.objective()))
                        .orElse("–"),
                phrases.time(status.newestProven().map(RecoveryPoint::takenAt)),
                status.policy()
                        .map(policy -> new LinkView("/policies/" + policy.id(), policy.name()))
                        .orElse(null),
                history,
                status.points().size(),
                status.active()
                        .map(run -> RunViews.progress(run.progress(), phrases))
                        .orElse(null));
    }

    /** @param day shows only the points of this day; empty: the newest ones, or all of them */
    HostView page(HostStatus status, Optional<LocalDate> day, boolean all, Phrases phrases) {
        ProtectedHost host = status.host();
        List<RecoveryPoint> chosen =
                day.map(date -> onDay(status.points(), date, phrases)).orElse(status.points());
        int limit = all || day.isPresent() ? Integer.MAX_VALUE : POINTS_SHOWN;
        List<RecoveryPoint> shown = chosen.stream().limit(limit).toList();
        Optional<BackupRun> failure = status.active().isPresent() ? Optional.empty() : status.lastFailure();
        return new HostView(
                host.id().toString(),
                host.name(),
                List.of(protection(status, phrases), agent(host, phrases)),
                facts(host, phrases),
                ReadinessViews.view(host, phrases).orElse(null),
                upgrade(host, phrases),
                lag(host, phrases),
                phrases.time(host.lastSeen()),
                host.retired(),
                host.connected(),
                status.active()
                        .map(run -> new HostView.LiveRun(runs.row(run, phrases), Steps.of(run, phrases)))
                        .orElse(null),
                phrases.problem(failure.flatMap(BackupRun::problem)),
                failure.map(run -> run.id().toString()).orElse(null),
                policyOptions(host, phrases),
                disks(host, phrases),
                calendar(status, day, phrases),
                day.map(date -> phrases.text("host.points.day", date.toString(), phrases.count(shown.size())))
                        .orElse(phrases.text(
                                "host.points.count",
                                phrases.count(status.points().size()))),
                shown.stream().map(point -> points.row(point, phrases)).toList(),
                chosen.size() - shown.size(),
                day.isPresent() || chosen.size() > shown.size() ? "/hosts/" + host.id() + "?all" : null,
                status.runs().stream().map(run -> runs.row(run, phrases)).toList());
    }

    BadgeView agent(ProtectedHost host, Phrases phrases) {
        if (host.retired()) {
            return phrases.badge(Tone.PLAIN, "agent.retired");
        }
        if (host.connected()) {
            return phrases.badge(Tone.GOOD, "agent.connected");
        }
        return phrases.badge(Tone.WARN, "agent.offline");
    }

    BadgeView protection(HostStatus status, Phrases phrases) {
        HostStatus.Protection protection = status.protection();
        Tone tone =
                switch (protection) {
                    case PROTECTED -> Tone.GOOD;
                    case BY_HAND, NEW, RETIRED -> Tone.PLAIN;
                    case UNPROTECTED -> Tone.WARN;
                    case STALE, NEVER -> Tone.BAD;
                };
        return new BadgeView(tone, phrases.name("protection", protection));
    }

    private List<FactView> lag(ProtectedHost host, Phrases phrases) {
        List<FactView> facts = new ArrayList<>();
        lag.measured(host.id(), LAG_WINDOW).ifPresent(measured -> {
            facts.add(phrases.fact("lag.now", phrases.duration(measured.now())));
            facts.add(phrases.fact("lag.p50", phrases.duration(measured.p50())));
            facts.add(phrases.fact("lag.p99", phrases.duration(measured.p99())));
            facts.add(phrases.fact("lag.worst", phrases.duration(measured.worst())));
            measured.promise()
                    .ifPresent(promise -> facts.add(phrases.fact(
                            "lag.promise",
                            phrases.text(
                                    "lag.promise.value",
                                    phrases.duration(promise),
                                    String.format(Locale.ROOT, "%.2f", Math.floor(measured.kept() * 1e4) / 1e2)))));
            facts.add(phrases.fact("lag.points", phrases.count(measured.points())));
            facts.add(phrases.fact("lag.overlaps", phrases.count(measured.overlaps())));
        });
        return facts;
    }

    private static List<FactView> facts(ProtectedHost host, Phrases phrases) {
        List<FactView> facts = new ArrayList<>();
        host.facts().ifPresent(known -> {
            facts.add(phrases.fact("host.system", known.operatingSystem()));
            facts.add(phrases.fact("host.kernel", known.kernel()));
            facts.add(phrases.fact("host.hostName", known.hostName()));
            facts.add(phrases.fact("host.firmware", known.firmware().name()));
            facts.add(phrases.fact(
                    "host.machine",
                    phrases.text(
                            "host.machine.value", phrases.count(known.cpus()), phrases.size(known.memoryBytes()))));
            known.interfaces().stream()
                    .filter(nic -> !nic.addresses().isEmpty())
                    .limit(4)
                    .forEach(nic -> facts.add(
                            new FactView(nic.name(), String.join(", ", nic.addresses()) + " · " + nic.macAddress())));
        });
        facts.add(phrases.fact("host.agent", host.agentVersion().isBlank() ? "–" : host.agentVersion()));
        facts.add(phrases.fact("host.enrolled", phrases.time(host.enrolledAt()).full()));
        facts.add(phrases.fact("id", host.id().toString()));
        return facts;
    }

    private HostView.@Nullable Upgrade upgrade(ProtectedHost host, Phrases phrases) {
        Optional<String> offered = upgrades.offered(host);
        Optional<AgentUpgrades.Upgrade> last = upgrades.last(host.id());
        if (offered.isEmpty() && last.isEmpty()) {
            return null;
        }
        boolean running = last.filter(upgrade -> upgrade.state() == AgentUpgrades.State.RUNNING)
                .isPresent();
        return new HostView.Upgrade(
                running ? null : offered.orElse(null),
                last.map(upgrade -> phrases.text(
                                "host.upgrade." + upgrade.state().name().toLowerCase(Locale.ROOT), upgrade.version()))
                        .orElse(null),
                phrases.problem(last.flatMap(AgentUpgrades.Upgrade::problem)));
    }

    private List<OptionView> policyOptions(ProtectedHost host, Phrases phrases) {
        List<OptionView> options = new ArrayList<>();
        options.add(new OptionView(
                "", phrases.text("host.policy.none"), host.policy().isEmpty()));
        policies.policies()
                .forEach(policy -> options.add(new OptionView(
                        policy.id().toString(),
                        policy.name(),
                        host.policy().filter(policy.id()::equals).isPresent())));
        return options;
    }

    private static List<HostView.Disk> disks(ProtectedHost host, Phrases phrases) {
        Map<String, ProtectedHost.ProtectedDisk> known = new LinkedHashMap<>();
        host.disks().forEach(disk -> known.put(disk.key(), disk));
        List<HostView.Disk> disks = new ArrayList<>();
        for (HostFacts.Disk disk : host.facts().map(HostFacts::disks).orElse(List.of())) {
            ProtectedHost.ProtectedDisk numbered = known.remove(disk.key());
            disks.add(new HostView.Disk(
                    disk.key(),
                    disk.device() + (disk.model() == null ? "" : " · " + disk.model()),
                    phrases.size(disk.sizeBytes()),
                    content(disk, phrases),
                    numbered != null && numbered.selected(),
                    true));
        }
        known.values()
                .forEach(disk -> disks.add(new HostView.Disk(
                        disk.key(), "disk" + disk.number(), "–", phrases.text("disk.gone"), disk.selected(), false)));
        return disks;
    }

    private static String content(HostFacts.Disk disk, Phrases phrases) {
        String partitions = disk.partitions().stream()
                .map(partition -> partition.mountPoint() == null
                        ? partition.fileSystem()
                        : partition.fileSystem() + " " + partition.mountPoint())
                .collect(Collectors.joining(", "));
        String table = disk.table().equals("none")
                ? phrases.text("disk.noTable")
                : disk.table().toUpperCase(java.util.Locale.ROOT);
        return partitions.isEmpty() ? table : table + ": " + partitions;
    }

    private static List<RecoveryPoint> onDay(List<RecoveryPoint> points, LocalDate day, Phrases phrases) {
        return points.stream()
                .filter(point ->
                        point.takenAt().atZone(phrases.zone()).toLocalDate().equals(day))
                .toList();
    }

    private static CalendarView calendar(HostStatus status, Optional<LocalDate> chosen, Phrases phrases) {
        Map<LocalDate, List<RecoveryPoint>> byDay = status.points().stream()
                .collect(Collectors.groupingBy(
                        point -> point.takenAt().atZone(phrases.zone()).toLocalDate()));
        LocalDate today = phrases.now().atZone(phrases.zone()).toLocalDate();
        LocalDate first =
                today.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)).minusWeeks(WEEKS - 1L);
        List<List<CalendarView.Day>> weeks = new ArrayList<>();
        for (int week = 0; week < WEEKS; week++) {
            List<CalendarView.Day> days = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                LocalDate date = first.plusDays(7L * week + i);
                List<RecoveryPoint> points = byDay.getOrDefault(date, List.of());
                days.add(day(status, date, points, today, chosen, phrases));
            }
            weeks.add(days);
        }
        List<String> weekdays = Arrays.stream(DayOfWeek.values())
                .map(day -> day.getDisplayName(TextStyle.SHORT_STANDALONE, phrases.locale()))
                .toList();
        return new CalendarView(weekdays, weeks);
    }

    private static CalendarView.Day day(
            HostStatus status,
            LocalDate date,
            List<RecoveryPoint> points,
            LocalDate today,
            Optional<LocalDate> chosen,
            Phrases phrases) {
        @Nullable Tone tone = PointViews.best(points);
        return new CalendarView.Day(
                date.toString(),
                Integer.toString(date.getDayOfMonth()),
                points.size(),
                tone,
                phrases.text("calendar.day", date.toString(), phrases.count(points.size())),
                "/hosts/" + status.host().id() + "?day=" + date + "#points",
                chosen.filter(date::equals).isPresent(),
                date.isAfter(today));
    }
}
