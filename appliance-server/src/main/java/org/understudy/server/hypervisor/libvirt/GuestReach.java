package org.understudy.server.hypervisor.libvirt;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.libvirt.Domain;
import org.libvirt.DomainInterface;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where guests can be reached: their addresses and the network namespace from which.
 *
 * @param guests the namespace of libvirt's networks
 * @param drills networks of drills, each in a namespace of its own
 */
record GuestReach(NetworkNamespace guests, DrillNetworks drills) {

    private static final Logger log = LoggerFactory.getLogger(GuestReach.class);
    private static final int FROM_LEASE = 0;

    /**
     * Machines of drills are reached from inside their drill's network, machines on a bridge of the host from the host, all
     * others from libvirt's namespace.
     */
    NetworkNamespace namespace(DomainDescription machine) {
        if (!machine.drillCards().isEmpty()) {
            return drills.namespace(machine.drillCards().getFirst().network());
        }
        return machine.bridges().isEmpty() ? guests : new NetworkNamespace(Optional.empty());
    }

    /** The DHCP lease if libvirt gives addresses in the machine's network; else what the ARP table holds. */
    Optional<InetAddress> leased(Domain domain, DomainDescription machine) throws LibvirtException {
        if (!machine.drillCards().isEmpty()) {
            return drills.leased(machine.drillCards().getFirst().network(), machine.macs());
        }
        if (!machine.bridges().isEmpty()) {
            return Optional.empty();
        }
        List<DomainInterface> cards = new ArrayList<>();
        try {
            cards.addAll(domain.interfaceAddresses(FROM_LEASE, 0));
        } catch (LibvirtException e) {
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_OPERATION_INVALID) {
                // It went off in this moment.
                return Optional.empty();
            }
            throw e;
        }
        for (String mac : machine.macs()) {
            for (DomainInterface card : cards) {
                if (card.hwAddr != null && card.hwAddr.toLowerCase(Locale.ROOT).equals(mac) && card.addrs != null) {
                    Optional<InetAddress> found = card.addrs.stream()
                            .map(a -> a.address)
                            .filter(Inet4Address.class::isInstance)
                            .findFirst();
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Read by ourselves, since libvirt's reader fails on newer kernels ("wrong nlmsg len", libvirt 9.0 on Linux 6.18). The file
     * of the thread, not of the process: only the thread stands in the guests' namespace.
     */
    Optional<InetAddress> inArpTable(String name, DomainDescription machine) {
        try {
            String table = namespace(machine).run(name, () -> Files.readString(Path.of("/proc/thread-self/net/arp")));
            return arpEntry(table, machine.macs(), devices(machine));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (Exception e) {
            log.debug("no ARP table: {}", e.toString());
            return Optional.empty();
        }
    }

    /** The bridges that the machine is plugged into; its understudy on another one has the same MAC addresses. */
    private static Set<String> devices(DomainDescription machine) {
        Set<String> devices = new HashSet<>(machine.bridges());
        if (!machine.drillCards().isEmpty()) {
            devices.add(DrillNetwork.BRIDGE);
        }
        machine.networks().forEach(network -> devices.add(NetworkNames.bridgeOf(network)));
        return devices;
    }

    /**
     * Format of {@code /proc/net/arp}: proc(5); flag 0x2 is a complete entry, the sixth column is the device.
     *
     * @param devices only entries seen on one of these count
     */
    static Optional<InetAddress> arpEntry(String table, List<String> macs, Set<String> devices)
            throws UnknownHostException {
        for (String mac : macs) {
            for (String line : table.lines().toList()) {
                String[] fields = line.trim().split(" +", -1);
                if (fields.length > 5
                        && fields[2].equals("0x2")
                        && fields[3].equalsIgnoreCase(mac)
                        && devices.contains(fields[5])) {
                    return Optional.of(InetAddress.getByName(fields[0]));
                }
            }
        }
        return Optional.empty();
    }
}
