package org.understudy.server.fleet;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.server.kernel.HostId;

/**
 * Speaks with connected agents. Failures complete the futures with {@code ProblemException}: {@code AGENT_OFFLINE},
 * {@code AGENT_TIMEOUT}, {@code AGENT_CONNECTION_LOST}, or the problem that the agent answered with. They are completed on threads of their own,
 * where blocking is allowed. Thread-safe.
 */
public interface AgentGateway {

    boolean connected(HostId host);

    /**
     * Sends a request and awaits its answer.
     *
     * @param request makes the message from the request number that it must carry
     * @param answer the type that answers it; another type is {@code PROTOCOL_VIOLATION}
     * @param silenceLimit fails with {@code AGENT_TIMEOUT} if neither progress nor the answer comes for this long
     */
    <T extends AgentMessage> CompletableFuture<T> request(
            HostId host, LongFunction<ServerMessage> request, Class<T> answer, Duration silenceLimit);

    /** Sends a message that has no answer; does nothing if the host is not connected. */
    void tell(HostId host, ServerMessage message);

    /**
     * Hears the progress of the host's runs until the returned handle is closed. The listener is called in order, on the thread
     * that reads the connection, so it must return at once; a run's answer never overtakes its progress.
     */
    AutoCloseable onProgress(HostId host, Consumer<AgentMessage.Progress> listener);

    /** Asks the host for its facts and stores them. */
    CompletableFuture<HostFacts> refreshFacts(HostId host);
}
