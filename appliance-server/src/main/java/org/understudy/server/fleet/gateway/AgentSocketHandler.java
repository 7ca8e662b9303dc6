package org.understudy.server.fleet.gateway;

import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.socket.BinaryMessage;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.PongMessage;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.handler.AbstractWebSocketHandler;
import org.understudy.server.fleet.port.AgentPeer;

/** Hands what the WebSocket says to the connection that it belongs to. */
@Component
public class AgentSocketHandler extends AbstractWebSocketHandler {

    private static final Logger log = LoggerFactory.getLogger(AgentSocketHandler.class);
    private static final String CONNECTION = "org.understudy.agent.connection";
    /** A frame comes in pieces of this size, so that an idle connection does not hold a buffer for the largest frame. */
    private static final int PIECE_CHARS = 8 * 1024;

    private final ConnectedAgents agents;

    public AgentSocketHandler(ConnectedAgents agents) {
        this.agents = agents;
    }

    @Override
    public boolean supportsPartialMessages() {
        return true;
    }

    @Override
    public void afterConnectionEstablished(WebSocketSession session) {
        AgentPeer peer = (AgentPeer) session.getAttributes().get(AgentPeer.ATTRIBUTE);
        if (peer == null) {
            throw new IllegalStateException("a connection came past the filter of the agent port");
        }
        session.setTextMessageSizeLimit(PIECE_CHARS);
        session.setBinaryMessageSizeLimit(1024);
        InetSocketAddress remote = session.getRemoteAddress();
        String address = remote == null ? "unknown" : remote.getAddress().getHostAddress();
        session.getAttributes().put(CONNECTION, agents.accept(peer, address, session));
    }

    @Override
    protected void handleTextMessage(WebSocketSession session, TextMessage message) {
        connection(session).receive(message.getPayload(), message.isLast());
    }

    @Override
    protected void handleBinaryMessage(WebSocketSession session, BinaryMessage message) {
        connection(session).violated(Bounds.violation("a binary frame").problem());
    }

    @Override
    protected void handlePongMessage(WebSocketSession session, PongMessage message) {
        connection(session).heard();
    }

    @Override
    public void handleTransportError(WebSocketSession session, Throwable error) {
        log.debug("transport of {}", session.getRemoteAddress(), error);
        connection(session).closed("the connection broke (" + error.getClass().getSimpleName() + ")");
    }

    @Override
    public void afterConnectionClosed(WebSocketSession session, CloseStatus status) {
        Object connection = session.getAttributes().get(CONNECTION);
        if (connection instanceof AgentConnection known) {
            String said = MessageCheck.oneLine(status.getReason(), 120);
            known.closed(
                    "the agent closed the connection (" + status.getCode() + (said.isEmpty() ? "" : " " + said) + ")");
        }
    }

    private static AgentConnection connection(WebSocketSession session) {
        Object connection = session.getAttributes().get(CONNECTION);
        if (connection instanceof AgentConnection known) {
            return known;
        }
        throw new IllegalStateException("a frame before the connection was established");
    }
}
