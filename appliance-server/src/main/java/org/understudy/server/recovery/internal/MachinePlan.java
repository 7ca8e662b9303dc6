package org.understudy.server.recovery.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.hypervisor.MachineName;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.hypervisor.VirtualMachine.Network;
import org.understudy.server.hypervisor.VirtualMachine.Nic;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.storage.CloneId;
import org.understudy.server.storage.VolumeStore;

/** Names and descriptions that are made from a takeover and its point's manifest. Pure. */
final class MachinePlan {

    private static final int MAX_CARDS = 8;
    private static final Set<String> NOT_A_CARD = Set.of(
            "bridge",
            "veth",
            "tun",
            "tap",
            "bonding",
            "bond",
            "team",
            "dummy",
            "macvlan",
            "vlan",
            "802.1q",
            "wireguard");

    private MachinePlan() {}

    static MachineName machine(TakeoverId id) {
        return new MachineName(MachineName.PREFIX + id);
    }

    static CloneId clone(TakeoverId id, Mode mode) {
        return new CloneId(mode.name().toLowerCase(Locale.ROOT) + "-" + id);
    }

    /** The takeover that a machine was made for; empty if the name is not such. */
    static Optional<TakeoverId> takeoverOf(MachineName name) {
        return id(name.value().substring(MachineName.PREFIX.length()));
    }

    /** The takeover that a clone was made for; empty if the clone serves something else. */
    static Optional<TakeoverId> takeoverOf(CloneId clone) {
        return modeOf(clone)
                .flatMap(mode -> id(clone.value().substring(mode.name().length() + 1)));
    }

    static Optional<Mode> modeOf(CloneId clone) {
        return Stream.of(Mode.values())
                .filter(mode -> clone.value().startsWith(mode.name().toLowerCase(Locale.ROOT) + "-"))
                .findFirst();
    }

    private static Optional<TakeoverId> id(String text) {
        try {
            UUID uuid = UUID.fromString(text);
            return uuid.toString().equals(text) ? Optional.of(new TakeoverId(uuid)) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    static VirtualMachine describe(Takeover takeover, Manifest manifest, VolumeStore store) {
        CloneId clone = clone(takeover.id(), takeover.mode());
        Network network =
                switch (takeover.mode()) {
                    case TAKEOVER -> new Network.Production();
                    case DRILL -> new Network.Isolated(takeover.id().toString());
                };
        return new VirtualMachine(
                machine(takeover.id()),
                (takeover.mode() == Mode.DRILL ? "Drill of " : "Takeover of ") + manifest.hostName() + ", "
                        + manifest.takenAt(),
                takeover.cpus(),
                new ByteSize(takeover.memoryBytes()),
                takeover.firmware(),
                takeover.diskBus(),
                manifest.disks().stream()
                        .sorted(Comparator.comparingInt(Manifest.ManifestDisk::number))
                        .map(disk -> store.cloneDevice(clone, new DiskId(takeover.host(), disk.number())))
                        .toList(),
                macs(manifest.facts(), takeover.host()).stream()
                        .map(mac -> new Nic(takeover.nicModel(), mac, network))
                        .toList());
    }

    /** The host's own MAC addresses; one made from the host's id if it has none. */
    static List<String> macs(HostFacts facts, HostId host) {
        Set<String> macs = cards(facts, card -> card.driver() != null && !NOT_A_CARD.contains(card.driver()));
        if (macs.isEmpty()) {
            macs = cards(facts, card -> card.driver() == null);
        }
        return macs.isEmpty()
                ? List.of(madeUp(host))
                : macs.stream().limit(MAX_CARDS).toList();
    }

    private static Set<String> cards(HostFacts facts, Predicate<HostFacts.NetworkInterface> wanted) {
        Set<String> macs = new LinkedHashSet<>();
        for (HostFacts.NetworkInterface card : facts.interfaces()) {
            String mac = card.macAddress().toLowerCase(Locale.ROOT);
            if (wanted.test(card) && isUnicast(mac)) {
                macs.add(mac);
            }
        }
        return macs;
    }

    private static boolean isUnicast(String mac) {
        return mac.matches("[0-9a-f]{2}(:[0-9a-f]{2}){5}")
                && !mac.equals("00:00:00:00:00:00")
                && (Integer.parseInt(mac.substring(0, 2), 16) & 1) == 0;
    }

    /** Locally administered, unicast (IEEE 802-2014, 8.2). */
    private static String madeUp(HostId host) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(host.toString().getBytes(StandardCharsets.US_ASCII));
            return String.format("02:%02x:%02x:%02x:%02x:%02x", hash[0], hash[1], hash[2], hash[3], hash[4]);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** IPv4 addresses that the host had, for a network in which nobody tells us the guest's. */
    static List<InetAddress> ownAddresses(HostFacts facts) {
        Set<String> texts = new LinkedHashSet<>();
        facts.boot().guestInterfaces().forEach(card -> texts.addAll(card.addresses()));
        facts.interfaces().forEach(card -> texts.addAll(card.addresses()));
        List<InetAddress> addresses = new ArrayList<>();
        for (String text : texts) {
            String address = text.split("/", 2)[0];
            if (address.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}") && !address.startsWith("127.")) {
                try {
                    addresses.add(InetAddress.getByName(address));
                } catch (UnknownHostException e) {
                    // An octet above 255: not an address, so there is nothing to ask.
                    continue;
                }
            }
        }
        return addresses;
    }
}
