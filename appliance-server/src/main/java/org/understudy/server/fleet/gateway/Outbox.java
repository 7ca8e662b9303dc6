package org.understudy.server.fleet.gateway;

import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.WebSocketMessage;
import org.springframework.web.socket.WebSocketSession;

/**
 * Sends to one agent from a thread of its own, in order, so that no caller ever waits for a slow network. The queue is bounded;
 * when it is full the agent is too slow and the connection is given up. Thread-safe.
 */
final class Outbox {

    private static final Logger log = LoggerFactory.getLogger(Outbox.class);
    private static final int MOST_WAITING = 256;

    private sealed interface Item {}

    private record Send(WebSocketMessage<?> message) implements Item {}

    private record Close(CloseStatus status) implements Item {}

    private final WebSocketSession session;
    private final BlockingQueue<Item> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    private final Thread writer;

    Outbox(WebSocketSession session, String name) {
        this.session = session;
        this.writer = Thread.ofVirtual().name("agent-out-" + name).start(this::write);
    }

    /** False if the queue is full. */
    boolean send(WebSocketMessage<?> message) {
        return waiting.offer(new Send(message));
    }

    /** Sends what waits and closes the connection then; at once if there is no room for that. */
    void close(CloseStatus status) {
        if (!waiting.offer(new Close(status))) {
            abort(status);
        }
    }

    /** Closes the connection without sending what waits. */
    void abort(CloseStatus status) {
        writer.interrupt();
        Thread.ofVirtual().name("agent-close").start(() -> closeNow(status));
    }

    private void write() {
        try {
            while (true) {
                switch (waiting.take()) {
                    case Send send -> session.sendMessage(send.message());
                    case Close close -> {
                        closeNow(close.status());
                        return;
                    }
                }
            }
        } catch (IOException | IllegalStateException e) {
            log.debug("sending failed: {}", e.toString());
            closeNow(CloseStatus.SESSION_NOT_RELIABLE);
        } catch (InterruptedException e) {
            log.trace("writer ends");
        }
    }

    private void closeNow(CloseStatus status) {
        try {
            session.close(status);
        } catch (IOException | IllegalStateException e) {
            log.debug("closing failed: {}", e.toString());
        }
    }
}
