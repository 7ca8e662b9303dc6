package org.understudy.agent.linux.bootfacts;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.core.protocol.MachineBoot;

/** Routes over gateways, from {@code /proc/net/route} and {@code /proc/net/ipv6_route}. Stateless. */
final class RouteTable {

    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_ROUTES = 64;
    private static final int UP_AND_GATEWAY = 3;

    private RouteTable() {}

    static List<MachineBoot.Route> read(Path proc) {
        List<MachineBoot.Route> routes = new ArrayList<>();
        for (String line : BoundedFiles.lines(proc.resolve("net/route"), MAX_BYTES)) {
            four(line.split("\\s+")).filter(route -> routes.size() < MAX_ROUTES).ifPresent(routes::add);
        }
        for (String line : BoundedFiles.lines(proc.resolve("net/ipv6_route"), MAX_BYTES)) {
            six(line.split("\\s+")).filter(route -> routes.size() < MAX_ROUTES).ifPresent(routes::add);
        }
        return routes;
    }

    /** {@code eth0 00000000 0102A8C0 0003 0 0 100 00000000 …}: addresses as the processor keeps them, little-endian here. */
    private static Optional<MachineBoot.Route> four(String[] fields) {
        if (fields.length < 8 || !isHex(fields[1], 8) || !isHex(fields[2], 8) || !isHex(fields[7], 8)) {
            return Optional.empty();
        }
        if ((flags(fields[3]) & UP_AND_GATEWAY) != UP_AND_GATEWAY) {
            return Optional.empty();
        }
        int prefix = Integer.bitCount((int) Long.parseLong(fields[7], 16));
        return route(reversed(fields[1]), prefix, reversed(fields[2]), fields[0]);
    }

    /** Destination, prefix, source, prefix, gateway, metric, references, use, flags, device. */
    private static Optional<MachineBoot.Route> six(String[] fields) {
        if (fields.length < 10 || !isHex(fields[0], 32) || !isHex(fields[1], 2) || !isHex(fields[4], 32)) {
            return Optional.empty();
        }
        return (flags(fields[8]) & UP_AND_GATEWAY) == UP_AND_GATEWAY
                ? route(fields[0], Integer.parseInt(fields[1], 16), fields[4], fields[9])
                : Optional.empty();
    }

    private static Optional<MachineBoot.Route> route(String destination, int prefix, String gateway, String device) {
        try {
            return Optional.of(new MachineBoot.Route(
                    address(destination) + "/" + prefix, address(gateway), BoundedFiles.shown(device)));
        } catch (UnknownHostException e) {
            // Only an array of another length than 4 or 16 bytes ends here.
            throw new IllegalStateException(e);
        }
    }

    private static String address(String hex) throws UnknownHostException {
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(hex, 2 * i, 2 * i + 2, 16);
        }
        return InetAddress.getByAddress(bytes).getHostAddress();
    }

    private static String reversed(String hex) {
        StringBuilder bytes = new StringBuilder();
        for (int i = hex.length() - 2; i >= 0; i -= 2) {
            bytes.append(hex, i, i + 2);
        }
        return bytes.toString();
    }

    private static boolean isHex(String text, int digits) {
        return text.length() == digits && text.matches("[0-9a-fA-F]+");
    }

    private static int flags(String text) {
        return text.matches("[0-9a-fA-F]{1,8}") ? (int) Long.parseLong(text, 16) : 0;
    }
}
