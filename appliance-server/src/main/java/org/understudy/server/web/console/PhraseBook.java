package org.understudy.server.web.console;

import java.time.Clock;
import java.util.Locale;
import org.springframework.context.MessageSource;
import org.springframework.stereotype.Component;

/** Hands out {@link Phrases} for a reader's language. Thread-safe. */
@Component
class PhraseBook {

    private final ConsoleSettings settings;
    private final Clock clock;
    private final MessageSource messages;

    PhraseBook(ConsoleSettings settings, Clock clock, MessageSource messages) {
        this.settings = settings;
        this.clock = clock;
        this.messages = messages;
    }

    Phrases in(Locale locale) {
        return new Phrases(locale, settings.effectiveZone(), clock, messages);
    }
}
