package org.understudy.server.readiness;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.InstalledBoot;
import org.understudy.core.protocol.MachineBoot;

/**
 * What is to be expected of starts of one host.
 *
 * @param best the profile that promises most, among those that takeovers can have
 * @param outcomes of every profile
 * @param cautions what does not stop the start but is worth knowing
 */
public record Forecast(GuestProfile best, Map<GuestProfile, Outcome> outcomes, List<Finding> cautions) {

    public Forecast {
        outcomes = Map.copyOf(outcomes);
        cautions = List.copyOf(cautions);
    }

    /** The outcome on the best profile. */
    public Outcome outcome() {
        return outcome(best);
    }

    public Outcome outcome(GuestProfile profile) {
        Outcome outcome = outcomes.get(profile);
        if (outcome == null) {
            throw new IllegalArgumentException("no outcome for " + profile);
        }
        return outcome;
    }

    /**
     * Predicts from reported facts. Pure.
     *
     * @param disks keys of the disks that are in the point, in the order in which a takeover has them; empty: all that are reported
     */
    public static Forecast of(HostFacts facts, List<String> disks) {
        List<String> present = disks.isEmpty()
                ? facts.disks().stream().map(HostFacts.Disk::key).toList()
                : disks;
        Map<GuestProfile, Outcome> outcomes = new LinkedHashMap<>();
        InstalledBoot installed = facts.boot().installed();
        MachineBoot machine = facts.boot().machine();
        List<Finding> cautions = List.of();
        if (!facts.boot().known() || installed == null || machine == null) {
            Finding.Code code =
                    facts.boot().known() || facts.disks().isEmpty() ? Finding.Code.NO_FACTS : Finding.Code.NO_SYSTEM;
            GuestProfile.all()
                    .forEach(profile -> outcomes.put(profile, new Outcome.Unknown(List.of(Finding.of(code)))));
        } else {
            HostRules rules = new HostRules(facts, installed, machine, present);
            GuestProfile.all()
                    .forEach(profile -> outcomes.put(profile, rules.on(profile).outcome()));
            cautions = new Cautions(facts, installed, machine).find();
        }
        return new Forecast(best(facts, machine, outcomes), outcomes, cautions);
    }

    /** A profile with its outcome. */
    private record Candidate(GuestProfile profile, Outcome outcome) {}

    private static GuestProfile best(
            HostFacts facts, @Nullable MachineBoot machine, Map<GuestProfile, Outcome> outcomes) {
        HostFacts.Firmware own = machine == null || machine.firmware() == null ? facts.firmware() : machine.firmware();
        return outcomes.entrySet().stream()
                .map(entry -> new Candidate(entry.getKey(), entry.getValue()))
                .filter(candidate -> candidate.profile().bus().offered())
                .min(Comparator.<Candidate>comparingInt(candidate -> rank(candidate.outcome()))
                        .thenComparingInt(
                                candidate -> candidate.outcome().findings().size())
                        .thenComparing(candidate -> candidate.profile().firmware() != own)
                        .thenComparing(candidate -> candidate.profile().bus()))
                .orElseThrow()
                .profile();
    }

    private static int rank(Outcome outcome) {
        return switch (outcome) {
            case Outcome.WillBoot yes -> 0;
            case Outcome.WillBootAfter after -> 1;
            case Outcome.Unknown unknown -> 2;
            case Outcome.WillNotBoot no -> 3;
        };
    }
}
