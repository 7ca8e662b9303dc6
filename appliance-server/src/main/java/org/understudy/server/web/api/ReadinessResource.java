package org.understudy.server.web.api;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.readiness.Finding;
import org.understudy.server.readiness.Forecast;
import org.understudy.server.readiness.GuestProfile;
import org.understudy.server.readiness.Outcome;

/**
 * Whether a host would start on this appliance.
 *
 * @param best the profile that promises most among those that takeovers can have
 * @param profiles every profile
 * @param cautions what does not stop the start
 */
public record ReadinessResource(ProfileResource best, List<ProfileResource> profiles, List<FindingResource> cautions) {

    /** What would become of a start. */
    public enum Verdict {
        WILL_BOOT,
        WILL_BOOT_AFTER,
        WILL_NOT_BOOT,
        UNKNOWN
    }

    /**
     * The outcome on a profile.
     *
     * @param offered whether takeovers can have it
     * @param findings preparations, reasons, or what is not known, by the verdict
     */
    public record ProfileResource(
            GuestProfile.DiskBus diskBus,
            HostFacts.Firmware firmware,
            boolean offered,
            Verdict verdict,
            List<FindingResource> findings) {}

    /** @param text a sentence in the language of the request */
    public record FindingResource(Finding.Code code, Map<String, String> values, String text) {}

    static ReadinessResource of(Forecast forecast, Locale locale) {
        return new ReadinessResource(
                profile(forecast, forecast.best(), locale),
                GuestProfile.all().stream()
                        .map(profile -> profile(forecast, profile, locale))
                        .toList(),
                findings(forecast.cautions(), locale));
    }

    private static ProfileResource profile(Forecast forecast, GuestProfile profile, Locale locale) {
        Outcome outcome = forecast.outcome(profile);
        Verdict verdict =
                switch (outcome) {
                    case Outcome.WillBoot yes -> Verdict.WILL_BOOT;
                    case Outcome.WillBootAfter after -> Verdict.WILL_BOOT_AFTER;
                    case Outcome.WillNotBoot no -> Verdict.WILL_NOT_BOOT;
                    case Outcome.Unknown unknown -> Verdict.UNKNOWN;
                };
        return new ProfileResource(
                profile.bus(),
                profile.firmware(),
                profile.bus().offered(),
                verdict,
                findings(outcome.findings(), locale));
    }

    private static List<FindingResource> findings(List<Finding> findings, Locale locale) {
        return findings.stream()
                .map(finding -> new FindingResource(finding.code(), finding.values(), finding.text(locale)))
                .toList();
    }
}
