package org.understudy.server.hypervisor.libvirt;

import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.Network;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** Makes the libvirt networks that machines need and removes those that none needs any more. Callers serialise. */
final class GuestNetworks {

    private static final Logger log = LoggerFactory.getLogger(GuestNetworks.class);

    private final String range;
    private final boolean alone;

    /**
     * @param range out of which every network takes a /24
     * @param alone whether nobody else makes machines with this libvirt
     */
    GuestNetworks(String range, boolean alone) {
        this.range = range;
        this.alone = alone;
    }

    /** Defines the network if it does not exist and starts it if it is not active. */
    void ensure(LibvirtConnection libvirt, String name) throws LibvirtException {
        Network network = find(libvirt, name);
        if (network == null) {
            Set<Subnet> taken = taken(libvirt);
            Subnet subnet = Subnet.free(range, taken, name.hashCode())
                    .orElseThrow(() -> Problem.of(
                                    ProblemCode.CAPABILITY_MISSING,
                                    "capability",
                                    "one more isolated network in " + range)
                            .asException());
            network = libvirt.networkDefineXML(NetworkXml.describe(name, NetworkNames.bridgeOf(name), subnet));
            log.debug("network {} uses {}/24", name, subnet.address(0));
        }
        try {
            if (network.isActive() == 0) {
                network.create();
            }
        } finally {
            network.free();
        }
    }

    /** Removes those of the given networks that are ours and that no domain names. */
    void removeUnused(LibvirtConnection libvirt, List<String> names) throws LibvirtException {
        Set<String> used = new HashSet<>();
        for (Domain domain : libvirt.listAllDomains(0)) {
            used.addAll(DomainDescription.parse(domain.getXMLDesc(0)).networks());
        }
        for (String name : new HashSet<>(names)) {
            if (NetworkNames.ours(name) && !used.contains(name)) {
                remove(libvirt, name);
            }
        }
    }

    /** Our networks that may have lost their machine: none where another appliance may be making one just now. */
    List<String> possibleLeftovers(LibvirtConnection libvirt) throws LibvirtException {
        return alone ? all(libvirt) : List.of();
    }

    private static List<String> all(LibvirtConnection libvirt) throws LibvirtException {
        List<String> names = new ArrayList<>(List.of(libvirt.listNetworks()));
        names.addAll(List.of(libvirt.listDefinedNetworks()));
        return names;
    }

    private static void remove(LibvirtConnection libvirt, String name) throws LibvirtException {
        Network network = find(libvirt, name);
        if (network == null) {
            return;
        }
        try {
            if (network.isActive() == 1) {
                network.destroy();
            }
            network.undefine();
            log.debug("network {} was removed", name);
        } finally {
            network.free();
        }
    }

    private static @Nullable Network find(LibvirtConnection libvirt, String name) throws LibvirtException {
        try {
            return libvirt.networkLookupByName(name);
        } catch (LibvirtException e) {
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_NO_NETWORK) {
                return null;
            }
            throw e;
        }
    }

    private static Set<Subnet> taken(LibvirtConnection libvirt) throws LibvirtException {
        Set<Subnet> taken = new HashSet<>();
        for (String name : all(libvirt)) {
            Network other = find(libvirt, name);
            if (other != null) {
                taken.addAll(DomainDescription.subnets(other.getXMLDesc(0)));
                other.free();
            }
        }
        try {
            for (NetworkInterface card : NetworkInterface.networkInterfaces().toList()) {
                for (InterfaceAddress address : card.getInterfaceAddresses()) {
                    String text = address.getAddress().getHostAddress();
                    if (text.matches("[0-9]+(\\.[0-9]+){3}")) {
                        taken.add(Subnet.of(text));
                    }
                }
            }
        } catch (SocketException e) {
            throw new IllegalStateException("cannot list the appliance's own networks", e);
        }
        return taken;
    }
}
