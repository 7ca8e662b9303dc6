package org.understudy.iscsi.cli;

import java.net.InetSocketAddress;

/** Text forms of addresses and credentials on the command line. */
final class Endpoint {

    static final int DEFAULT_PORT = 3260;

    private Endpoint() {}

    /** {@code HOST[:PORT]}, with IPv6 addresses in brackets. */
    static InetSocketAddress parse(String text) {
        String host = text;
        int port = DEFAULT_PORT;
        int colon = text.lastIndexOf(':');
        if (colon > text.lastIndexOf(']')) {
            host = text.substring(0, colon);
            try {
                port = Integer.parseInt(text.substring(colon + 1));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("not a port: " + text.substring(colon + 1));
            }
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return new InetSocketAddress(host, port);
    }
}
