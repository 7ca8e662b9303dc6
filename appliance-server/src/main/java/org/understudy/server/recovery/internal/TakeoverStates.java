package org.understudy.server.recovery.internal;

import static org.understudy.server.recovery.Takeover.State.BOOTING;
import static org.understudy.server.recovery.Takeover.State.CLONING;
import static org.understudy.server.recovery.Takeover.State.DISCARDING;
import static org.understudy.server.recovery.Takeover.State.DONE;
import static org.understudy.server.recovery.Takeover.State.FAILED;
import static org.understudy.server.recovery.Takeover.State.PREPARING;
import static org.understudy.server.recovery.Takeover.State.REQUESTED;
import static org.understudy.server.recovery.Takeover.State.RUNNING;
import static org.understudy.server.recovery.Takeover.State.STOPPED;

import java.util.Set;
import org.understudy.server.recovery.Takeover.State;

/** The transition table of docs/design/takeover.md. */
final class TakeoverStates {

    private TakeoverStates() {}

    static Set<State> after(State state) {
        return switch (state) {
            case REQUESTED -> Set.of(CLONING, DISCARDING, FAILED);
            case CLONING -> Set.of(PREPARING, DISCARDING, FAILED);
            case PREPARING -> Set.of(BOOTING, DISCARDING, FAILED);
            case BOOTING -> Set.of(RUNNING, STOPPED, DISCARDING, FAILED);
            case RUNNING -> Set.of(STOPPED, DISCARDING);
            case STOPPED -> Set.of(BOOTING, RUNNING, DISCARDING);
            case DISCARDING -> Set.of(DONE, FAILED);
            case DONE, FAILED -> Set.of();
        };
    }

    /** States in which memory is promised that the hypervisor does not count yet. */
    static boolean isBeforeRunning(State state) {
        return state == REQUESTED || state == CLONING || state == PREPARING || state == BOOTING;
    }
}
