package org.understudy.server.web.console;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Something that open pages should know.
 *
 * @param kind name of the server-sent event
 * @param topics what changed: {@code runs}, {@code run:<id>}, {@code hosts}, {@code host:<id>} …; pages refresh what shows it
 * @param mergeKey a message replaces a waiting one with the same key; empty: every one is sent
 * @param words texts for the reader
 */
record LiveMessage(
        String kind, List<String> topics, Optional<String> mergeKey, Function<Phrases, Map<String, Object>> words) {

    static LiveMessage change(String kind, String... topics) {
        List<String> all = List.of(topics);
        return new LiveMessage(kind, all, Optional.of(kind + all), phrases -> Map.of());
    }
}
