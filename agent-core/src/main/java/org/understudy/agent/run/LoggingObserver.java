package org.understudy.agent.run;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;

/** Writes the phases of runs into the log, but for the frozen one: a log may lie on the frozen file system. */
public final class LoggingObserver implements RunObserver {

    private static final Logger log = LoggerFactory.getLogger(LoggingObserver.class);

    @Override
    public void reached(RunPhase phase, @Nullable String run, int pass) {
        switch (phase) {
            case FROZEN -> {
                // Nothing may be written now; THAWED follows.
            }
            case PASS_STARTED -> log.info("run {}: pass {} begins", run, pass);
            case CONNECTED, DESCRIBING -> log.debug("{}", phase);
            case PRE_SCRIPT_DONE, BEGUN, LOGGED_IN, THAWED, SENT, FLUSHED, DIGESTS_UPLOADED, TRANSFER_FINISHED, ENDED ->
                log.info("run {}: {}", run, phase);
        }
    }
}
