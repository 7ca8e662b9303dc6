package org.understudy.server.readiness;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.InstalledBoot;
import org.understudy.core.protocol.MachineBoot;
import org.understudy.server.readiness.Finding.Code;

/** What a start survives, but people should know before. */
final class Cautions {

    private static final Set<String> CARDS = Set.of("virtio_net", "e1000e", "e1000", "vmxnet3", "8139cp", "8139too");

    private final HostFacts facts;
    private final InstalledBoot installed;
    private final MachineBoot machine;

    Cautions(HostFacts facts, InstalledBoot installed, MachineBoot machine) {
        this.facts = facts;
        this.installed = installed;
        this.machine = machine;
    }

    List<Finding> find() {
        Set<Finding> found = new LinkedHashSet<>();
        if (facts.boot().networkDrivers().stream().noneMatch(CARDS::contains)) {
            found.add(Finding.of(Code.NETWORK_DRIVER));
        }
        for (InstalledBoot.NetworkBinding network : installed.networks()) {
            if (!network.byMac() && isCard(network.name()) && !isKernelName(network.name())) {
                found.add(new Finding(Code.NETWORK_NAME, Map.of("name", network.name(), "by", network.configuredBy())));
            }
        }
        if (Boolean.TRUE.equals(machine.secureBoot())) {
            found.add(Finding.of(Code.SECURE_BOOT));
        }
        for (int i = 1; i < installed.kernels().size(); i++) {
            InstalledBoot.Kernel kernel = installed.kernels().get(i);
            if (kernel.unreadable() != null) {
                found.add(new Finding(
                        Code.OTHER_KERNEL, Map.of("kernel", kernel.version(), "reason", kernel.unreadable())));
            }
        }
        return List.copyOf(found);
    }

    /** Bridges and the like are made by the system itself, on any hardware. */
    private boolean isCard(String name) {
        return facts.interfaces().stream().anyMatch(card -> card.name().equals(name) && card.driver() != null);
    }

    /** Left alone, the kernel counts cards in the order in which it finds them, and a takeover keeps that order. */
    private boolean isKernelName(String name) {
        return name.matches("eth\\d+")
                && installed.kernels().stream()
                        .findFirst()
                        .filter(InstalledBoot.Kernel::stableNames)
                        .isPresent();
    }
}
