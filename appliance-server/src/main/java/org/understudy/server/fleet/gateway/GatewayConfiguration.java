package org.understudy.server.fleet.gateway;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketHandlerRegistry;
import org.springframework.web.socket.server.HandshakeInterceptor;
import org.understudy.server.fleet.port.AgentPeer;

/** Puts the gateway at {@code /agent/v1/ws}. */
@Configuration(proxyBeanMethods = false)
@EnableWebSocket
public class GatewayConfiguration implements WebSocketConfigurer {

    static final String PATH = "/agent/v1/ws";

    private final AgentSocketHandler handler;

    public GatewayConfiguration(AgentSocketHandler handler) {
        this.handler = handler;
    }

    @Override
    public void registerWebSocketHandlers(WebSocketHandlerRegistry registry) {
        registry.addHandler(handler, PATH).addInterceptors(new PeerOfRequest());
    }

    /** Carries the proven peer from the request to the session. */
    private static final class PeerOfRequest implements HandshakeInterceptor {

        @Override
        public boolean beforeHandshake(
                ServerHttpRequest request,
                ServerHttpResponse response,
                WebSocketHandler wsHandler,
                Map<String, Object> attributes) {
            if (request instanceof ServletServerHttpRequest servlet
                    && servlet.getServletRequest().getAttribute(AgentPeer.ATTRIBUTE) instanceof AgentPeer peer) {
                attributes.put(AgentPeer.ATTRIBUTE, peer);
                return true;
            }
            return false;
        }

        @Override
        public void afterHandshake(
                ServerHttpRequest request,
                ServerHttpResponse response,
                WebSocketHandler wsHandler,
                @Nullable Exception exception) {
            // Nothing was taken before that would have to be given back.
        }
    }
}
