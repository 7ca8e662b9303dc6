package org.understudy.server.web.console;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.protection.RetentionRule;
import org.understudy.webui.view.LinkView;
import org.understudy.webui.view.OptionView;
import org.understudy.webui.view.PolicyForm;
import org.understudy.webui.view.PolicyRow;
import org.understudy.webui.view.RetentionPreviewView;
import org.understudy.webui.view.Tone;

/** Policies for people, and what a retention rule would do. */
@Component
class PolicyViews {

    private final Policies policies;
    private final Fleet fleet;
    private final RecoveryPoints points;

    PolicyViews(Policies policies, Fleet fleet, RecoveryPoints points) {
        this.policies = policies;
        this.fleet = fleet;
        this.points = points;
    }

    PolicyRow row(ProtectionPolicy policy, Phrases phrases) {
        return new PolicyRow(
                new LinkView("/policies/" + policy.id(), policy.name()),
                schedule(policy.schedule(), phrases),
                policy.windows().isEmpty()
                        ? phrases.text("policy.always")
                        : policy.windows().stream()
                                .map(window -> window(window, phrases))
                                .collect(Collectors.joining("; ")),
                retention(policy.retention(), phrases),
                phrases.duration(policy.objective()),
                users(policy.id()).stream()
                        .map(host -> new LinkView("/hosts/" + host.id(), host.name()))
                        .toList());
    }

    PolicyForm form(Optional<PolicyId> id, PolicyInput input, Phrases phrases) {
        List<PolicyInput.Row> windows = new ArrayList<>(input.windows());
        windows.add(PolicyInput.Row.empty());
        List<PolicyInput.Row> limits = new ArrayList<>(input.limits());
        limits.add(PolicyInput.Row.empty());
        return new PolicyForm(
                id.map(PolicyId::toString).orElse(null),
                input.name(),
                input.kind(),
                input.every(),
                units(input.everyUnit(), phrases),
                input.cron(),
                input.objective(),
                units(input.objectiveUnit(), phrases),
                zones(input.zone()),
                windows.stream()
                        .map(row -> new PolicyForm.WindowRow(days(row.days(), phrases), row.from(), row.to()))
                        .toList(),
                limits.stream()
                        .map(row ->
                                new PolicyForm.LimitRow(days(row.days(), phrases), row.from(), row.to(), row.rate()))
                        .toList(),
                new PolicyForm.Keep(
                        shown(input.everything()),
                        units(input.everythingUnit(), phrases),
                        shown(input.last()),
                        shown(input.minutely()),
                        shown(input.hourly()),
                        shown(input.daily()),
                        shown(input.weekly()),
                        shown(input.monthly()),
                        shown(input.yearly())),
                input.freezeSeconds(),
                input.scripts(),
                input.verifyAfterRun(),
                fleet.hosts().stream()
                        .map(host -> new OptionView(
                                host.id().toString(),
                                host.name(),
                                id.isPresent() && host.policy().equals(id)))
                        .toList(),
                id.isPresent() && !users(id.get()).isEmpty());
    }

    RetentionPreviewView preview(HostId host, RetentionRule rule, Phrases phrases) {
        List<Policies.RetentionDecision> decisions = policies.preview(host, rule);
        var taken = points.points(host).stream().collect(Collectors.toMap(RecoveryPoint::id, RecoveryPoint::takenAt));
        long kept = decisions.stream().filter(Policies.RetentionDecision::kept).count();
        String name = fleet.host(host).map(ProtectedHost::name).orElse(host.toString());
        return new RetentionPreviewView(
                phrases.text(
                        "preview.summary",
                        name,
                        phrases.count(kept),
                        phrases.count(decisions.size()),
                        phrases.count(decisions.size() - kept)),
                decisions.stream()
                        .flatMap(
                                decision -> Optional.ofNullable(taken.get(decision.point()))
                                        .map(at -> decision(decision, at, phrases))
                                        .stream())
                        .toList());
    }

    private static RetentionPreviewView.Decision decision(
            Policies.RetentionDecision decision, Instant taken, Phrases phrases) {
        return new RetentionPreviewView.Decision(
                phrases.time(taken),
                "/points/" + decision.point(),
                decision.kept(),
                decision.kept() ? phrases.badge(Tone.GOOD, "preview.kept") : phrases.badge(Tone.WARN, "preview.pruned"),
                decision.reasons().stream()
                        .map(reason -> reason(reason, phrases))
                        .collect(Collectors.joining(", ")));
    }

    private List<ProtectedHost> users(PolicyId id) {
        return fleet.hosts().stream()
                .filter(host -> host.policy().filter(id::equals).isPresent())
                .toList();
    }

    private static String schedule(ProtectionPolicy.Schedule schedule, Phrases phrases) {
        return switch (schedule) {
            case ProtectionPolicy.Schedule.Interval interval ->
                phrases.text("policy.schedule.interval", phrases.duration(interval.every()));
            case ProtectionPolicy.Schedule.Cron cron -> phrases.text("policy.schedule.cron", cron.expression());
            case ProtectionPolicy.Schedule.Manual manual -> phrases.text("policy.schedule.manual");
        };
    }

    private static String window(ProtectionPolicy.Window window, Phrases phrases) {
        String days = window.days().size() == DayOfWeek.values().length
                ? phrases.text("policy.everyDay")
                : EnumSet.copyOf(window.days()).stream()
                        .map(day -> day.getDisplayName(TextStyle.SHORT_STANDALONE, phrases.locale()))
                        .collect(Collectors.joining(" "));
        return days + " " + window.from() + "–" + window.to();
    }

    private static String retention(RetentionRule rule, Phrases phrases) {
        List<String> parts = new ArrayList<>();
        if (rule.everything().isPositive()) {
            parts.add(phrases.text("retention.short.everything", phrases.duration(rule.everything())));
        }
        part(parts, "retention.short.last", rule.last(), phrases);
        part(parts, "retention.short.minutely", rule.minutely(), phrases);
        part(parts, "retention.short.hourly", rule.hourly(), phrases);
        part(parts, "retention.short.daily", rule.daily(), phrases);
        part(parts, "retention.short.weekly", rule.weekly(), phrases);
        part(parts, "retention.short.monthly", rule.monthly(), phrases);
        part(parts, "retention.short.yearly", rule.yearly(), phrases);
        return parts.isEmpty() ? phrases.text("retention.short.none") : String.join(", ", parts);
    }

    private static void part(List<String> parts, String key, int count, Phrases phrases) {
        if (count > 0) {
            parts.add(phrases.text(key, phrases.count(count)));
        }
    }

    /** Reasons come as a word and sometimes a date; the word is translated if it is known. */
    private static String reason(String reason, Phrases phrases) {
        int space = reason.indexOf(' ');
        String word = space < 0 ? reason : reason.substring(0, space);
        String rest = space < 0 ? "" : reason.substring(space);
        return switch (word) {
            case "recent",
                    "last",
                    "minutely",
                    "hourly",
                    "daily",
                    "weekly",
                    "monthly",
                    "yearly",
                    "pinned",
                    "locked",
                    "newest" -> phrases.text("reason." + word) + rest;
            default -> reason;
        };
    }

    private static List<OptionView> units(String chosen, Phrases phrases) {
        return PolicyInput.UNITS.stream()
                .map(unit -> new OptionView(unit, phrases.text("unit." + unit), unit.equals(chosen)))
                .toList();
    }

    private static List<OptionView> zones(String chosen) {
        return ZoneId.getAvailableZoneIds().stream()
                .filter(zone -> zone.contains("/") && !zone.startsWith("Etc/") && !zone.startsWith("SystemV/")
                        || zone.equals("UTC")
                        || zone.equals(chosen))
                .sorted()
                .map(zone -> new OptionView(zone, zone, zone.equals(chosen)))
                .toList();
    }

    private static List<OptionView> days(Set<DayOfWeek> chosen, Phrases phrases) {
        return Arrays.stream(DayOfWeek.values())
                .map(day -> new OptionView(
                        day.name(),
                        day.getDisplayName(TextStyle.SHORT_STANDALONE, phrases.locale()),
                        chosen.contains(day)))
                .toList();
    }

    private static int shown(String number) {
        try {
            return Math.max(0, Integer.parseInt(number));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
