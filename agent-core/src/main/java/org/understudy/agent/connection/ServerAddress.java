package org.understudy.agent.connection;

import java.net.URI;
import java.net.URISyntaxException;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Address of the appliance's agent port.
 *
 * @param host name or address; an IPv6 address without brackets
 * @param port TCP port
 */
public record ServerAddress(String host, int port) {

    /**
     * Reads {@code host:port} or {@code [address]:port}.
     *
     * @throws org.understudy.core.problem.ProblemException {@code INVALID_REQUEST} if it is neither
     */
    public static ServerAddress parse(String text) {
        try {
            URI uri = new URI("tls://" + text);
            String host = uri.getHost();
            if (host != null
                    && uri.getRawUserInfo() == null
                    && uri.getPort() > 0
                    && uri.getPort() < 65536
                    && uri.getRawAuthority().equals(text)) {
                boolean bracketed = host.startsWith("[") && host.endsWith("]");
                return new ServerAddress(bracketed ? host.substring(1, host.length() - 1) : host, uri.getPort());
            }
        } catch (URISyntaxException e) {
            throw invalid(text).asException(e);
        }
        throw invalid(text).asException();
    }

    private static Problem invalid(String text) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", "'" + text + "' is not HOST:PORT");
    }

    /** Address of a resource; {@code scheme} is {@code https} or {@code wss}. */
    public URI uri(String scheme, String path) {
        return URI.create(scheme + "://" + this + path);
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
