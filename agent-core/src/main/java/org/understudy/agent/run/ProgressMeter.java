package org.understudy.agent.run;

import java.util.List;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.transfer.TransferEvents;
import org.understudy.core.protocol.AgentMessage;

/** Passes phases on to observers and progress to the appliance, the latter at most twice a second. Used by one thread. */
final class ProgressMeter implements TransferEvents {

    private static final long INTERVAL_NANOS = 500_000_000L;

    private final String run;
    private final List<RunObserver> observers;
    private final Outbox outbox;
    private long lastSent = System.nanoTime() - INTERVAL_NANOS;

    ProgressMeter(String run, List<RunObserver> observers, Outbox outbox) {
        this.run = run;
        this.observers = observers;
        this.outbox = outbox;
    }

    @Override
    public void reached(RunPhase phase, int pass) {
        observers.forEach(observer -> observer.reached(phase, run, pass));
    }

    @Override
    public void progress(int pass, long doneBytes, long totalBytes, long sentBytes) {
        long now = System.nanoTime();
        if (now - lastSent >= INTERVAL_NANOS) {
            lastSent = now;
            outbox.send(new AgentMessage.Progress(run, pass, doneBytes, totalBytes, sentBytes));
        }
    }
}
