package org.understudy.server.exports;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * The iSCSI target of the appliance: {@code understudy.exports.*}.
 *
 * @param listen {@code listen}: address on which agents reach the target, default {@code 0.0.0.0} (all): nobody gets further
 *     than the TLS handshake there without a certificate of this appliance
 * @param tlsPort {@code tls-port}: port for agents, default 3261; 0 = any free one
 * @param publicPort {@code public-port}: port that agents are told to connect to, where it is not {@code tls-port}: behind address
 *     translation or a relay; default 0 = the port that is listened on
 * @param plainListen {@code plain-listen}: address for exports to other initiators, without TLS; default {@code 127.0.0.1}, so
 *     that nothing of them is open to a network unless that is wanted
 * @param plainPort {@code plain-port}: port for exports to other initiators, usually 3260; 0 = any free one; without it such
 *     exports are refused (default)
 * @param maxConnections {@code max-connections}: connections at the same time, 1 to 10000, default 256; further ones are closed
 * @param maxConnectionsPerAddress {@code max-connections-per-address}: of those from one address, default 64
 */
@ConfigurationProperties("understudy.exports")
public record ExportSettings(
        @DefaultValue("0.0.0.0") String listen,
        @DefaultValue("3261") int tlsPort,
        @DefaultValue("0") int publicPort,
        @DefaultValue("127.0.0.1") String plainListen,
        @Nullable Integer plainPort,
        @DefaultValue("256") int maxConnections,
        @DefaultValue("64") int maxConnectionsPerAddress) {

    private static final int MAX_PORT = 65535;
    private static final int MOST_CONNECTIONS = 10_000;

    /** @throws ProblemException {@code INVALID_SETTING} */
    public ExportSettings {
        address("listen", listen, 0);
        address("plain-listen", plainListen, 0);
        requirePort("tls-port", tlsPort, 3261);
        if (publicPort < 0 || publicPort > MAX_PORT) {
            throw invalid(
                    "public-port",
                    publicPort + " is not a port",
                    "Write the port under which agents reach understudy.exports.tls-port, or 0 if they reach it directly.");
        }
        if (plainPort != null) {
            requirePort("plain-port", plainPort, 3260);
            if (plainPort != 0 && plainPort == tlsPort) {
                throw invalid("plain-port", "it is the port for agents too", "Write two different ports.");
            }
        }
        if (maxConnections < 1 || maxConnections > MOST_CONNECTIONS) {
            throw invalid(
                    "max-connections",
                    maxConnections + " is not from 1 to " + MOST_CONNECTIONS,
                    "Write understudy.exports.max-connections=256.");
        }
        if (maxConnectionsPerAddress < 1 || maxConnectionsPerAddress > maxConnections) {
            throw invalid(
                    "max-connections-per-address",
                    maxConnectionsPerAddress + " is not from 1 to max-connections (" + maxConnections + ")",
                    "Write understudy.exports.max-connections-per-address=64.");
        }
    }

    /** Where agents log in. */
    public InetSocketAddress tlsAddress() {
        return address("listen", listen, tlsPort);
    }

    /** Where other initiators log in, if they may. */
    public Optional<InetSocketAddress> plainAddress() {
        return Optional.ofNullable(plainPort).map(port -> address("plain-listen", plainListen, port));
    }

    private static InetSocketAddress address(String name, String value, int port) {
        try {
            // Names are refused: what they resolve to can change between the check and the use.
            if (value.matches("[0-9.]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]*(%[A-Za-z0-9._-]+)?") && !value.matches("[0-9]*")) {
                return new InetSocketAddress(
                        InetAddress.getByName(value.indexOf(':') < 0 ? value : "[" + value + "]"), port);
            }
        } catch (UnknownHostException e) {
            throw invalidAddress(name, value).asException(e);
        }
        throw invalidAddress(name, value).asException();
    }

    private static Problem invalidAddress(String name, String value) {
        return problem(
                name,
                "\"" + value + "\" is not an IP address",
                "Write understudy.exports." + name + "=0.0.0.0 for all addresses, or one address of this machine.");
    }

    private static void requirePort(String name, int port, int example) {
        if (port < 0 || port > MAX_PORT) {
            throw invalid(
                    name,
                    port + " is not a port",
                    "Write understudy.exports." + name + "=" + example + ", or 0 for any free port.");
        }
    }

    private static ProblemException invalid(String name, String reason, String expected) {
        return problem(name, reason, expected).asException();
    }

    private static Problem problem(String name, String reason, String expected) {
        return Problem.of(
                ProblemCode.INVALID_SETTING,
                "setting",
                "understudy.exports." + name,
                "reason",
                reason,
                "expected",
                expected);
    }
}
