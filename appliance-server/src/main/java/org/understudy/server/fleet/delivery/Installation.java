package org.understudy.server.fleet.delivery;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.port.AgentAddress;
import org.understudy.server.fleet.port.InstallationPaths;
import org.understudy.server.identity.ApplianceIdentity;

/** The script that installs the agent, and the line that fetches and runs it. Thread-safe. */
@Component
public class Installation {

    private static final Pattern PLACE = Pattern.compile("@([A-Z]+)@");
    /** All that is put between single quotes of a shell script. */
    private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9 ._:/+=~\\[\\]\\n-]*");

    private final AgentPackages packages;
    private final AgentAddress address;
    private final ApplianceIdentity identity;
    private final ServerPin pin;
    private final String template;

    public Installation(AgentPackages packages, AgentAddress address, ApplianceIdentity identity, ServerPin pin) {
        this.packages = packages;
        this.address = address;
        this.identity = identity;
        this.pin = pin;
        try (InputStream script = Installation.class.getResourceAsStream("install.sh")) {
            if (script == null) {
                throw new IllegalStateException("install.sh is not packaged");
            }
            template = new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The script as it is now; without packages it says so when it is run. */
    String script() {
        List<AgentPackages.Offer> offers = packages.offers();
        Map<String, String> values = Map.of(
                "SERVER", address.text(),
                "FINGERPRINT", identity.fingerprint(),
                "PIN", pin.text(),
                "PACKAGES",
                        offers.stream()
                                .map(offer -> String.join(
                                        " ",
                                        offer.what().format(),
                                        offer.what().architecture(),
                                        offer.what().version().text(),
                                        offer.sha256(),
                                        Long.toString(offer.bytes()),
                                        offer.what().name()))
                                .collect(Collectors.joining("\n")));
        Matcher places = PLACE.matcher(template);
        return places.replaceAll(place -> Matcher.quoteReplacement(safe(values.get(place.group(1)), place.group())));
    }

    private static String safe(@Nullable String value, String place) {
        if (value == null || !SAFE.matcher(value).matches()) {
            throw new IllegalStateException("nothing to put safely at " + place + ": " + value);
        }
        return value;
    }

    /** What to run as root on a host so that it joins with this token; empty while there is no package to install. */
    public Optional<String> line(String token) {
        if (packages.newestVersion().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                "curl -fsSk --pinnedpubkey '" + pin.text() + "' https://" + address.text() + InstallationPaths.SCRIPT
                        + " | sh -s -- --fingerprint " + identity.fingerprint() + " --token " + token);
    }
}
