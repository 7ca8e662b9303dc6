package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Networks of drills, each a bridge in a network namespace of its own. Nothing is filtered: the namespace has no device that leads
 * anywhere else, so there is no way for a frame to leave. A machine's card is a tap device that is made where the hypervisor opens
 * it and moved into the namespace, off until it is there, before the machine runs its first instruction. Every network has a note
 * in the directory, written before the network is made and removed after it has gone. Idempotent. Callers serialise, except for
 * what only reads. Sources: network_namespaces(7), ip-link(8), ip-tuntap(8). Design: docs/design/networks.md.
 */
final class DrillNetworks {

    private static final Logger log = LoggerFactory.getLogger(DrillNetworks.class);

    private final CommandRunner commands;
    private final Path directory;
    private final String instance;
    private final String range;
    private final Optional<String> home;

    /**
     * @param directory of the notes; may be missing
     * @param instance the appliance's id
     * @param range out of which guests that ask get addresses, a /24 for each network
     * @param home the network namespace in which the hypervisor opens taps; empty: the server's own
     */
    DrillNetworks(CommandRunner commands, Path directory, String instance, String range, Optional<String> home) {
        this.commands = commands;
        this.directory = directory;
        this.instance = instance;
        this.range = range;
        this.home = home;
    }

    /** Makes the networks of these cards, and the cards anew, off and not yet plugged in. */
    void prepare(List<DrillNetwork.Card> cards) {
        for (String network : networksOf(cards)) {
            ensure(network);
        }
        for (DrillNetwork.Card card : cards) {
            removeCard(card);
            atHome("tuntap", "add", "dev", card.tap(), "mode", "tap").orThrow();
        }
    }

    /** Moves cards that the hypervisor has opened into their networks and switches them on. */
    void plug(List<DrillNetwork.Card> cards) {
        for (DrillNetwork.Card card : cards) {
            DrillNetwork network = network(card.network());
            if (!inside(network, "link", "show", "dev", card.tap()).succeeded()) {
                atHome("link", "set", "dev", card.tap(), "netns", network.namespace())
                        .orThrow();
            }
            inside(network, "link", "set", "dev", card.tap(), "master", DrillNetwork.BRIDGE, "up")
                    .orThrow();
        }
    }

    /** Removes cards wherever they are. */
    void removeCards(List<DrillNetwork.Card> cards) {
        cards.forEach(this::removeCard);
    }

    private void removeCard(DrillNetwork.Card card) {
        if (atHome("link", "show", "dev", card.tap()).succeeded()) {
            atHome("link", "del", "dev", card.tap()).orThrow();
        }
        DrillNetwork network = network(card.network());
        if (Files.exists(network.namespaceFile())
                && inside(network, "link", "show", "dev", card.tap()).succeeded()) {
            inside(network, "link", "del", "dev", card.tap()).orThrow();
        }
    }

    /** Makes the network if it does not exist, and whatever of it is missing. */
    void ensure(String name) {
        DrillNetwork network = network(name);
        Subnet subnet = note(network);
        try {
            if (!inside(network, "link", "show", "dev", "lo").succeeded()) {
                if (Files.exists(network.namespaceFile())) {
                    // A name without a namespace: making it was cut short.
                    commands.run(Command.of("ip", "netns", "del", network.namespace()))
                            .orThrow();
                }
                commands.run(Command.of("ip", "netns", "add", network.namespace()))
                        .orThrow();
            }
            if (!inside(network, "link", "show", "dev", DrillNetwork.BRIDGE).succeeded()) {
                quieten(network);
                // Without snooping every multicast frame reaches every guest, as on a plain switch.
                inside(
                                network,
                                "link",
                                "add",
                                DrillNetwork.BRIDGE,
                                "type",
                                "bridge",
                                "forward_delay",
                                "0",
                                "mcast_snooping",
                                "0")
                        .orThrow();
            }
            inside(network, "addr", "replace", subnet.address(1) + "/24", "dev", DrillNetwork.BRIDGE)
                    .orThrow();
            inside(network, "link", "set", "dev", DrillNetwork.BRIDGE, "up").orThrow();
            services(network).ensure(network.namespaceFile(), subnet);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot prepare the network namespace " + network.namespace(), e);
        }
    }

    /** The namespace itself speaks neither IPv6 nor forwards; what the guests say to each other it does not touch. */
    private static void quieten(DrillNetwork network) throws IOException {
        try {
            boolean done = new NetworkNamespace(Optional.of(network.namespaceFile())).run(network.namespace(), () -> {
                Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "0");
                for (String which : List.of("all", "default")) {
                    Path disable = Path.of("/proc/sys/net/ipv6/conf", which, "disable_ipv6");
                    if (Files.exists(disable)) {
                        Files.writeString(disable, "1");
                    }
                }
                return true;
            });
            log.debug("namespace {} is quiet: {}", network.namespace(), done);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of(ProblemCode.CANCELLED, "what", "network " + network.name())
                    .asException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Removes the network with everything in it; cards that are still plugged in go with it. */
    void remove(String name) {
        remove(network(name));
    }

    private void remove(DrillNetwork network) {
        Path note = directory.resolve(network.namespace());
        services(network).end();
        if (Files.exists(network.namespaceFile())) {
            commands.run(Command.of("ip", "netns", "del", network.namespace())).orThrow();
            log.debug("network {} was removed", network.name());
        }
        try {
            FileSystemUtils.deleteRecursively(note);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + note, e);
        }
    }

    /** Removes all of this appliance's drill networks but these: what a server that was killed left behind. */
    void removeAllBut(Set<String> used) {
        Set<String> kept = new HashSet<>();
        used.forEach(name -> kept.add(network(name).namespace()));
        Set<String> found = new HashSet<>(names(directory));
        found.addAll(names(Path.of("/run/netns")));
        for (String namespace : found) {
            if (namespace.startsWith(DrillNetwork.prefix(instance)) && !kept.contains(namespace)) {
                log.info("the drill network {} belongs to no machine and is removed", namespace);
                remove(new DrillNetwork(namespace, namespace));
            }
        }
    }

    /** The address that a machine with these cards was given; the first card counts first. */
    Optional<InetAddress> leased(String name, List<String> macs) {
        return services(network(name)).leased(macs);
    }

    NetworkNamespace namespace(String name) {
        return new NetworkNamespace(Optional.of(network(name).namespaceFile()));
    }

    static Set<String> networksOf(List<DrillNetwork.Card> cards) {
        Set<String> names = new HashSet<>();
        cards.forEach(card -> names.add(card.network()));
        return names;
    }

    private DrillNetwork network(String name) {
        return DrillNetwork.of(instance, name);
    }

    private DrillServices services(DrillNetwork network) {
        return new DrillServices(commands, directory.resolve(network.namespace()));
    }

    /** Reads the note, or chooses a subnet and writes one. */
    private Subnet note(DrillNetwork network) {
        Path owned = directory.resolve(network.namespace());
        Path file = owned.resolve("subnet");
        try {
            if (!Files.exists(file)) {
                Set<Subnet> taken = new HashSet<>();
                for (String other : names(directory)) {
                    Path otherFile = directory.resolve(other).resolve("subnet");
                    if (Files.exists(otherFile)) {
                        taken.add(Subnet.of(Files.readString(otherFile).strip()));
                    }
                }
                Subnet subnet = Subnet.free(range, taken, network.name().hashCode())
                        .orElseThrow(() -> Problem.of(
                                        ProblemCode.CAPABILITY_MISSING,
                                        "capability",
                                        "one more isolated network in " + range)
                                .asException());
                Files.createDirectories(owned);
                Files.writeString(owned.resolve("network"), network.name());
                Path fresh = Files.writeString(owned.resolve("subnet.new"), subnet.address(0));
                Files.move(fresh, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
            }
            return Subnet.of(Files.readString(file).strip());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the note of network " + network.name() + " to " + owned, e);
        }
    }

    private static List<String> names(Path folder) {
        List<String> names = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                entries.forEach(entry -> names.add(entry.getFileName().toString()));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot list " + folder, e);
            }
        }
        return names;
    }

    private CommandResult atHome(String... arguments) {
        Command ip = home.map(namespace -> Command.of("ip", "-n", namespace)).orElse(Command.of("ip"));
        return commands.run(ip.and(arguments));
    }

    private CommandResult inside(DrillNetwork network, String... arguments) {
        return commands.run(Command.of("ip", "-n", network.namespace()).and(arguments));
    }
}
