package org.understudy.server.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds settings of ours that do not exist: a mistyped name would else be ignored, and the appliance would run with a default
 * that its owner believes to have changed. Looks at files and the command line; variables of the environment and of the virtual
 * machine may belong to others.
 */
final class UnknownSettings {

    private static final String PREFIX = "understudy.";
    private static final String METADATA = "META-INF/spring-configuration-metadata.json";
    private static final Set<String> FOREIGN_SOURCES = Set.of(
            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);

    private UnknownSettings() {}

    /** @throws org.understudy.core.problem.ProblemException {@code INVALID_SETTING} for the first unknown one */
    static void check(ConfigurableEnvironment environment) {
        Set<String> known = known();
        if (known.isEmpty()) {
            return;
        }
        for (PropertySource<?> source : environment.getPropertySources()) {
            if (source instanceof EnumerablePropertySource<?> listed && !FOREIGN_SOURCES.contains(source.getName())) {
                for (String name : listed.getPropertyNames()) {
                    check(name, known);
                }
            }
        }
    }

    static void check(String written, Set<String> known) {
        if (!written.startsWith(PREFIX)) {
            return;
        }
        String name = uniform(written);
        // Also elements of lists and entries of maps.
        boolean exists = known.stream()
                .map(UnknownSettings::uniform)
                .anyMatch(one -> name.equals(one) || name.startsWith(one + "[") || name.startsWith(one + "."));
        if (!exists) {
            throw Setting.wrong(
                    written,
                    "there is no such setting",
                    nearest(written, known)
                                    .map(near -> "Did you mean " + near + "? ")
                                    .orElse("") + "docs/settings.md lists every setting.");
        }
    }

    /** Spring reads ping-interval, pingInterval and ping_interval alike. */
    private static String uniform(String name) {
        return name.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
    }

    /** All settings of ours that the modules on the class path declare; empty if they were built without metadata. */
    static Set<String> known() {
        Set<String> names = new TreeSet<>();
        try {
            for (URL url :
                    Collections.list(UnknownSettings.class.getClassLoader().getResources(METADATA))) {
                try (InputStream in = url.openStream()) {
                    JsonNode properties = JsonMapper.shared().readTree(in).path("properties");
                    for (JsonNode property : properties) {
                        String name = property.path("name").asString("");
                        if (name.startsWith(PREFIX)) {
                            names.add(name);
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    private static Optional<String> nearest(String name, Set<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(one -> distance(name, one)))
                .filter(one -> distance(name, one) <= Math.max(3, name.length() / 4));
    }

    /** Levenshtein distance: how many letters to change, add or remove. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int above = row[j];
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(Math.min(above, row[j - 1]) + 1, changed);
                diagonal = above;
            }
        }
        return row[other.length()];
    }
}
