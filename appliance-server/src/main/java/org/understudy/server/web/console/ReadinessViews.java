package org.understudy.server.web.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.readiness.Finding;
import org.understudy.server.readiness.Forecast;
import org.understudy.server.readiness.GuestProfile;
import org.understudy.server.readiness.Outcome;
import org.understudy.server.readiness.Readiness;
import org.understudy.webui.view.BadgeView;
import org.understudy.webui.view.ReadinessView;
import org.understudy.webui.view.Tone;

/** Forecasts for people. Stateless. */
final class ReadinessViews {

    private ReadinessViews() {}

    static Optional<ReadinessView> view(ProtectedHost host, Phrases phrases) {
        return Readiness.of(host).map(forecast -> view(forecast, phrases));
    }

    private static ReadinessView view(Forecast forecast, Phrases phrases) {
        List<GuestProfile> profiles = new ArrayList<>(GuestProfile.all());
        profiles.remove(forecast.best());
        profiles.add(0, forecast.best());
        return new ReadinessView(
                badge(forecast.outcome(), phrases),
                sentence(forecast, phrases),
                texts(forecast.outcome().findings(), phrases),
                texts(forecast.cautions(), phrases),
                profiles.stream()
                        .map(profile -> new ReadinessView.Profile(
                                profile.title(),
                                badge(forecast.outcome(profile), phrases),
                                texts(forecast.outcome(profile).findings(), phrases)))
                        .toList());
    }

    private static BadgeView badge(Outcome outcome, Phrases phrases) {
        return switch (outcome) {
            case Outcome.WillBoot yes -> phrases.badge(Tone.GOOD, "readiness.yes");
            case Outcome.WillBootAfter after -> phrases.badge(Tone.WARN, "readiness.after");
            case Outcome.WillNotBoot no -> phrases.badge(Tone.BAD, "readiness.no");
            case Outcome.Unknown unknown -> phrases.badge(Tone.PLAIN, "readiness.unknown");
        };
    }

    private static String sentence(Forecast forecast, Phrases phrases) {
        String profile = forecast.best().title();
        return switch (forecast.outcome()) {
            case Outcome.WillBoot yes -> phrases.text("readiness.yes.as", profile);
            case Outcome.WillBootAfter after -> phrases.text("readiness.after.as", profile);
            case Outcome.WillNotBoot no -> phrases.text("readiness.no.because");
            case Outcome.Unknown unknown -> phrases.text("readiness.unknown.because");
        };
    }

    private static List<String> texts(List<Finding> findings, Phrases phrases) {
        return findings.stream().map(finding -> finding.text(phrases.locale())).toList();
    }
}
