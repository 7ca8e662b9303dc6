package org.understudy.agent.transfer;

import org.understudy.agent.control.RunPhase;

/** Who hears how a transfer goes. Called by the thread that transfers. */
public interface TransferEvents {

    void reached(RunPhase phase, int pass);

    /** Some more was done; called often, see {@link org.understudy.core.protocol.AgentMessage.Progress} for the values. */
    void progress(int pass, long doneBytes, long totalBytes, long sentBytes);
}
