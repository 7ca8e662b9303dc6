package org.understudy.iscsi.cli;

import java.net.InetSocketAddress;

/** Text forms of addresses and credentials on the command line. */
final class Endpoint {

    static final int DEFAULT_PORT = 3260;
    /** Port of iSCSI inside TLS; not registered anywhere, it is the one that the appliance uses. */
    static final int DEFAULT_TLS_PORT = 3261;

    private Endpoint() {}

    /** {@code HOST[:PORT]}, with IPv6 addresses in brackets. */
    static InetSocketAddress parse(String text) {
        return parse(text, DEFAULT_PORT);
    }

    static InetSocketAddress parse(String text, int defaultPort) {
        String host = text;
        int port = defaultPort;
        int colon = text.lastIndexOf(':');
        if (colon > text.lastIndexOf(']')) {
            host = text.substring(0, colon);
            try {
                port = Integer.parseInt(text.substring(colon + 1));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("not a port: " + text.substring(colon + 1));
            }
            if (port < 0 || port > 65535) {
                throw new IllegalArgumentException("not a port: " + port);
            }
        }
        if (host.indexOf(':') >= 0 && !host.startsWith("[")) {
            throw new IllegalArgumentException("an IPv6 address is written in brackets: [" + text + "]");
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return new InetSocketAddress(host, port);
    }
}
