package org.understudy.server.protection.internal.runs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.protocol.AgentMessage.RunEnded;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.internal.Problems;
import org.understudy.server.storage.VolumeStore;

/**
 * Gives back what a run that did not make it has taken. Never throws a failure of the things it cleans: what it cannot undo now
 * stays visible (mark "dirty", export, hold) and is undone before the host's next run. Thread-safe.
 */
@Component
class RunCleanUp {

    private static final Logger log = LoggerFactory.getLogger(RunCleanUp.class);

    private static final Duration END_PATIENCE = Duration.ofSeconds(15);

    private final AgentGateway gateway;
    private final RunExports exports;
    private final Heads heads;
    private final VolumeStore store;

    RunCleanUp(AgentGateway gateway, RunExports exports, Heads heads, VolumeStore store) {
        this.gateway = gateway;
        this.exports = exports;
        this.heads = heads;
        this.store = store;
    }

    /** @return what could not be undone, one sentence each, for the run's last note */
    List<String> cleanUp(LiveRun run, RunHoldings holdings) {
        List<String> left = new ArrayList<>();
        boolean released = !holdings.isExported()
                || attempt(run, left, "the export could not be released", () -> exports.release(run.id()));
        if (holdings.isViewOpen()) {
            endView(run);
        }
        if (holdings.isHeadTouched() && !holdings.isPointMade() && released) {
            attempt(
                    run,
                    left,
                    "the head could not be rolled back, the next run does it first",
                    () -> heads.rollBack(run.host(), holdings.base()));
        }
        releaseBase(run.host(), holdings, left, run);
        return left;
    }

    /** After a run that made its point. */
    void releaseBase(LiveRun run, RunHoldings holdings) {
        releaseBase(run.host(), holdings, new ArrayList<>(), run);
    }

    private void releaseBase(HostId host, RunHoldings holdings, List<String> left, LiveRun run) {
        holdings.heldBase().ifPresent(base -> {
            if (attempt(
                    run,
                    left,
                    "the hold on the base could not be released",
                    () -> store.release(host, base, HeadPreparation.HOLD))) {
                holdings.baseReleased();
            }
        });
    }

    /** Best effort: an agent that lost its connection ends the run by itself. */
    private void endView(LiveRun run) {
        if (!gateway.connected(run.host())) {
            return;
        }
        try {
            CompletableFuture<RunEnded> answer = gateway.request(
                    run.host(),
                    number -> new ServerMessage.EndRun(number, run.id().toString(), null),
                    RunEnded.class,
                    END_PATIENCE);
            answer.orTimeout(END_PATIENCE.toMillis(), TimeUnit.MILLISECONDS).join();
        } catch (CompletionException e) {
            log.info(
                    "run {}: the agent did not confirm its end: {}",
                    RunLedger.brief(run.id()),
                    Problems.of(e).english());
        }
    }

    private static boolean attempt(LiveRun run, List<String> left, String otherwise, Runnable act) {
        try {
            act.run();
            return true;
        } catch (RuntimeException e) {
            log.warn("run {}: {}", RunLedger.brief(run.id()), otherwise, e);
            left.add(otherwise);
            return false;
        }
    }
}
