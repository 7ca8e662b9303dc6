package org.understudy.agent.linux;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.protocol.HostFacts;

/** Network interfaces of this host: the ones that are hardware, or, where there is none, all Ethernet ones. Stateless. */
final class NetworkFacts {

    private static final Logger log = LoggerFactory.getLogger(NetworkFacts.class);

    private static final String ETHERNET = "1";

    private NetworkFacts() {}

    static List<HostFacts.NetworkInterface> read(KernelFiles files) {
        Path directory = files.sys().resolve("class/net");
        List<HostFacts.NetworkInterface> physical = new ArrayList<>();
        List<HostFacts.NetworkInterface> virtual = new ArrayList<>();
        for (String name : files.names(directory)) {
            Path device = directory.resolve(name);
            String mac = permanentAddress(files, device);
            if (mac != null && ETHERNET.equals(files.line(device.resolve("type")))) {
                boolean hardware = Files.exists(device.resolve("device"));
                (hardware ? physical : virtual)
                        .add(new HostFacts.NetworkInterface(name, mac, addresses(name), driver(device)));
            }
        }
        return physical.isEmpty() ? virtual : physical;
    }

    /** A bond writes its own address over those of its members; the kernel keeps theirs beside it. */
    private static @Nullable String permanentAddress(KernelFiles files, Path device) {
        String bonded = files.line(device.resolve("bonding_slave/perm_hwaddr"));
        return bonded != null ? bonded : files.line(device.resolve("address"));
    }

    private static @Nullable String driver(Path device) {
        try {
            return device.resolve("device/driver")
                    .toRealPath()
                    .getFileName()
                    .toString()
                    .replace('-', '_');
        } catch (IOException e) {
            // Virtual interfaces have no driver.
            return null;
        }
    }

    private static List<String> addresses(String name) {
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            return found == null
                    ? List.of()
                    : found.getInterfaceAddresses().stream()
                            .map(a -> a.getAddress().getHostAddress().replaceAll("%.*", "") + "/"
                                    + a.getNetworkPrefixLength())
                            .toList();
        } catch (SocketException e) {
            log.debug("no addresses of {}: {}", name, e.toString());
            return List.of();
        }
    }
}
