package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
 * @param arp the host's own ARP table, where guests on a bridge of the host are met
 */
record GuestReach(NetworkNamespace guests, Path arp) {

    private static final Logger log = LoggerFactory.getLogger(GuestReach.class);
    private static final int FROM_LEASE = 0;
    private static final int FROM_ARP = 2;

    /** Machines on a bridge of the host are reached from the host, all others from libvirt's namespace. */
    NetworkNamespace namespace(DomainDescription machine) {
        return machine.bridges().isEmpty() ? guests : new NetworkNamespace(Optional.empty());
    }

    /** The first IPv4 address of the first card that has one. */
    Optional<InetAddress> address(Domain domain, DomainDescription machine) throws LibvirtException {
        if (!machine.bridges().isEmpty()) {
            return fromHostArp(machine.macs());
        }
        Optional<InetAddress> leased = ask(domain, FROM_LEASE, machine.macs());
        return leased.isPresent() ? leased : ask(domain, FROM_ARP, machine.macs());
    }

    private static Optional<InetAddress> ask(Domain domain, int source, List<String> macs) throws LibvirtException {
        List<DomainInterface> cards = new ArrayList<>();
        try {
            cards.addAll(domain.interfaceAddresses(source, 0));
        } catch (LibvirtException e) {
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_OPERATION_INVALID) {
                // It went off in this moment.
                return Optional.empty();
            }
            throw e;
        }
        for (String mac : macs) {
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

    /** Format of {@code /proc/net/arp}: proc(5); flag 0x2 is a complete entry. */
    private Optional<InetAddress> fromHostArp(List<String> macs) {
        try {
            for (String line : Files.readAllLines(arp)) {
                String[] fields = line.trim().split(" +", -1);
                if (fields.length > 3 && fields[2].equals("0x2") && macs.contains(fields[3].toLowerCase(Locale.ROOT))) {
                    return Optional.of(InetAddress.getByName(fields[0]));
                }
            }
        } catch (IOException e) {
            log.debug("no ARP table: {}", e.toString());
        }
        return Optional.empty();
    }
}
