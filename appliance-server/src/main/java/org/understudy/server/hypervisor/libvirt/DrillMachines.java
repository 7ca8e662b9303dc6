package org.understudy.server.hypervisor.libvirt;

import java.util.HashSet;
import java.util.Set;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * Starts machines in networks of drills and keeps both in step. A machine's definition is the record of what may have been made
 * for it: networks are made after it and removed before it. Callers serialise. Design: docs/design/networks.md.
 *
 * @param networks the networks
 * @param instance the appliance's id; machines of others are left alone
 */
record DrillMachines(DrillNetworks networks, String instance) {

    /** libvirt.org/html/libvirt-libvirt-domain.html: VIR_DOMAIN_START_PAUSED. */
    private static final int START_ON_HOLD = 1;

    /** The guest runs its first instruction only when all its cards are in the drill's network. */
    void start(LibvirtConnection libvirt, Domain domain, DomainDescription description) throws LibvirtException {
        boolean running = false;
        try {
            networks.prepare(description.drillCards());
            domain.create(START_ON_HOLD);
            letGo(libvirt, domain, description);
            running = true;
        } finally {
            if (!running) {
                LibvirtHypervisor.destroy(domain);
                networks.removeCards(description.drillCards());
            }
        }
    }

    /** Finishes the start of a machine of a drill, if it has not been; a server may have been killed in the middle of it. */
    void letGo(LibvirtConnection libvirt, Domain domain, DomainDescription description) throws LibvirtException {
        if (!description.drillCards().isEmpty() && libvirt.onHold(domain.getName())) {
            networks.plug(description.drillCards());
            domain.resume();
        }
    }

    /** Removes the cards of a machine that is off, and its networks unless another machine has them too. */
    void removeOf(LibvirtConnection libvirt, String machine, DomainDescription description) throws LibvirtException {
        networks.removeCards(description.drillCards());
        Set<String> others = new HashSet<>();
        for (Domain domain : libvirt.listAllDomains(0)) {
            DomainDescription other = describe(domain);
            if (!domain.getName().equals(machine) && ours(other)) {
                others.addAll(DrillNetworks.networksOf(other.drillCards()));
            }
            domain.free();
        }
        for (String network : DrillNetworks.networksOf(description.drillCards())) {
            if (!others.contains(network)) {
                networks.remove(network);
            }
        }
    }

    /** Removes all networks, where no machine runs: those that are off get theirs anew when they start. */
    void removeNetworks() {
        networks.removeAllBut(Set.of());
    }

    /**
     * Called once for each connection, before it is used: finishes starts and removes networks that an earlier server left behind,
     * and gives those of running machines what they lost.
     */
    void reconcile(LibvirtConnection libvirt) throws LibvirtException {
        Set<String> used = new HashSet<>();
        for (Domain domain : libvirt.listAllDomains(0)) {
            DomainDescription description = describe(domain);
            if (ours(description)) {
                Set<String> own = DrillNetworks.networksOf(description.drillCards());
                used.addAll(own);
                if (domain.isActive() == 1) {
                    own.forEach(networks::ensure);
                    letGo(libvirt, domain, description);
                }
            }
            domain.free();
        }
        networks.removeAllBut(used);
    }

    private static DomainDescription describe(Domain domain) throws LibvirtException {
        return DomainDescription.parse(domain.getXMLDesc(LibvirtHypervisor.DESCRIBE_INACTIVE));
    }

    private boolean ours(DomainDescription description) {
        return description.instance().filter(instance::equals).isPresent();
    }
}
