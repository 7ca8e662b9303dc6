package org.understudy.agent.connection;

import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.run.Outbox;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ProtocolCodec;

/** Sends frames one after another, as the JDK's WebSocket demands. Thread-safe. */
final class FrameSender implements Outbox {

    private static final Logger log = LoggerFactory.getLogger(FrameSender.class);

    private final WebSocket socket;
    private final Consumer<Throwable> onFailure;
    private CompletableFuture<WebSocket> last;

    FrameSender(WebSocket socket, Consumer<Throwable> onFailure) {
        this.socket = socket;
        this.onFailure = onFailure;
        last = CompletableFuture.completedFuture(socket);
    }

    @Override
    public synchronized void send(AgentMessage message) {
        String frame = ProtocolCodec.write(message);
        log.trace("send {}", frame);
        last = last.thenCompose(sent -> socket.sendText(frame, true)).whenComplete((sent, failure) -> {
            if (failure != null) {
                onFailure.accept(failure);
            }
        });
    }
}
