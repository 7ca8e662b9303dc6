package org.understudy.server.kernel;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tells what is news: the same text counts once a minute, so that a peer that keeps trying does not fill the log. Remembers a
 * bounded number of texts. Thread-safe.
 */
public final class OncePerMinute {

    private static final Duration QUIET = Duration.ofMinutes(1);
    private static final int MOST_REMEMBERED = 1000;

    // Guarded by itself. In order of time; the oldest is dropped when there are too many.
    private final Map<String, Long> lastNanos = new LinkedHashMap<>();

    /** Whether the text was not told within the last minute. */
    public boolean isNews(String text) {
        long now = System.nanoTime();
        synchronized (lastNanos) {
            Long last = lastNanos.get(text);
            if (last != null && now - last < QUIET.toNanos()) {
                return false;
            }
            lastNanos.remove(text);
            lastNanos.put(text, now);
            if (lastNanos.size() > MOST_REMEMBERED) {
                lastNanos.remove(lastNanos.keySet().iterator().next());
            }
            return true;
        }
    }
}
