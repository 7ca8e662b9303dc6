package org.understudy.server.fleet.port;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Collections;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.FleetSettings;
import org.understudy.server.kernel.Listener;
import org.understudy.server.kernel.ListeningPorts;

/** What agents are told to connect to. */
@Component
public class AgentAddress {

    private final FleetSettings settings;
    private final ListeningPorts ports;

    public AgentAddress(FleetSettings settings, ListeningPorts ports) {
        this.settings = settings;
        this.ports = ports;
    }

    /** {@code host:port}; an IPv6 address in brackets. */
    public String text() {
        String host = settings.address().isEmpty() ? ownAddress() : settings.address();
        int port = settings.publicPort() != 0
                ? settings.publicPort()
                : ports.port(Listener.AGENT).orElse(settings.port());
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    private String ownAddress() {
        boolean all = settings.listen().equals("0.0.0.0") || settings.listen().equals("::");
        if (!all) {
            return settings.listen();
        }
        try {
            return NetworkInterface.networkInterfaces()
                    .filter(AgentAddress::usable)
                    .flatMap(AgentAddress::addresses)
                    .filter(address -> !address.isLinkLocalAddress() && address.getAddress().length == 4)
                    .map(InetAddress::getHostAddress)
                    .findFirst()
                    .orElse("127.0.0.1");
        } catch (SocketException e) {
            return "127.0.0.1";
        }
    }

    private static Stream<InetAddress> addresses(NetworkInterface network) {
        return Collections.list(network.getInetAddresses()).stream();
    }

    private static boolean usable(NetworkInterface network) {
        try {
            return network.isUp() && !network.isLoopback() && !network.isVirtual();
        } catch (SocketException e) {
            return false;
        }
    }
}
