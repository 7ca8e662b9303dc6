package org.understudy.server.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Names and addresses under which this machine is reached; nothing is looked up in DNS. */
final class ServerNames {

    private static final Logger log = LoggerFactory.getLogger(ServerNames.class);

    private ServerNames() {}

    /** All names for the server's certificate in canonical form, sorted. */
    static List<String> all(IdentitySettings settings) {
        TreeSet<String> names = new TreeSet<>(List.of("localhost", "127.0.0.1", canonical("::1")));
        settings.names().forEach(name -> names.add(canonical(name)));
        try {
            String hostName =
                    Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            names.add(canonical(new IdentitySettings(List.of(hostName)).names().get(0)));
            for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                for (InetAddress address : Collections.list(network.getInetAddresses())) {
                    // Link-local addresses mean another machine on every link.
                    if (!address.isLinkLocalAddress()) {
                        names.add(canonical(address.getHostAddress()));
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            log.warn("not all names of this machine are known, its certificate will lack them: {}", e.toString());
        }
        return new ArrayList<>(names);
    }

    /** Lower case; addresses in the form of the JDK, without scope. */
    static String canonical(String name) {
        int scope = name.indexOf('%');
        String bare = scope < 0 ? name : name.substring(0, scope);
        if (!IdentitySettings.isAddress(bare)) {
            return bare.toLowerCase(Locale.ROOT);
        }
        try {
            return InetAddress.getByName(bare).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("a literal address needs no lookup", e);
        }
    }
}
