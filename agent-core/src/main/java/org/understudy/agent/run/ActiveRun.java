package org.understudy.agent.run;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.snapshot.ConsistentView;
import org.understudy.agent.state.BaseStore;
import org.understudy.agent.transfer.RateLimiter;

/**
 * The one run that the agent knows. State, control and limiter may be used by any thread; what the run holds belongs to the worker.
 */
final class ActiveRun {

    private static final Logger log = LoggerFactory.getLogger(ActiveRun.class);

    private final String id;
    private final RunControl control = new RunControl();
    private final RateLimiter limiter = new RateLimiter();
    private RunState state = RunState.IDLE;

    @Nullable
    ConsistentView view;

    BaseStore.@Nullable Workspace workspace;

    /** Whether a pre-script was started, so that the post-script must run. */
    boolean scriptsBegun;

    /** Whether a pre-script ended well and there is a post-script. */
    boolean quiesced;

    ActiveRun(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }

    RunControl control() {
        return control;
    }

    RateLimiter limiter() {
        return limiter;
    }

    synchronized RunState state() {
        return state;
    }

    /** Goes from one state to another; false if the run is not in {@code from}. */
    synchronized boolean move(RunState from, RunState to) {
        if (state != from) {
            return false;
        }
        log.info("run {}: {} => {}", id, state, to);
        state = to;
        return true;
    }

    /** Ends the run from whatever state; false if it had ended before. */
    synchronized boolean end() {
        return state != RunState.ENDED && move(state, RunState.ENDED);
    }
}
