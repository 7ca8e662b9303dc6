package org.understudy.agent.run;

import org.understudy.core.protocol.AgentMessage;

/** The way back to the appliance. Thread-safe. */
@FunctionalInterface
public interface Outbox {

    /** Sends a message in the order of the calls. Never blocks and never throws: a connection that is lost releases every run. */
    void send(AgentMessage message);
}
