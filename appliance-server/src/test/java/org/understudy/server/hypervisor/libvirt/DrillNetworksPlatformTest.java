package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;

/**
 * Guests are network namespaces with a whole Linux in them; their cards are moved into the drill as QEMU's are. One more
 * namespace stands for the appliance, with addresses on a bridge that leads into a production network; the guests' cards are
 * made in it.
 */
@Tag("platform")
class DrillNetworksPlatformTest {

    private static final CommandRunner COMMANDS = new ProcessCommandRunner();
    private static final String GATEWAY = "203.0.113.1";
    private static final String WEB_MAC = "52:54:00:d1:00:0a";
    private static final String DATABASE_MAC = "52:54:00:d1:00:0b";
    private static final List<String> MACS = List.of(WEB_MAC, DATABASE_MAC);
    private static final int PORT = 7001;

    private final String mark = "ustd" + ProcessHandle.current().pid();
    private final String appliance = mark + "-a";
    private final String production = mark + "-p";
    private final List<String> namespaces = new ArrayList<>();
    private Path directory = Path.of("unset");
    private DrillNetworks drills = networks(COMMANDS);

    @BeforeEach
    void makeAppliance() throws IOException {
        directory = Files.createTempDirectory("us-dn");
        drills = networks(COMMANDS);
        addNamespace(appliance);
        ip("-n", appliance, "link", "set", "lo", "up");
        ip("-n", appliance, "link", "add", "br0", "type", "bridge");
        ip("-n", appliance, "addr", "add", GATEWAY + "/24", "dev", "br0");
        ip("-n", appliance, "addr", "add", "2001:db8::1/64", "dev", "br0", "nodad");
        addNamespace(production);
        ip(
                "-n",
                appliance,
                "link",
                "add",
                "uplink",
                "master",
                "br0",
                "type",
                "veth",
                "peer",
                "eth0",
                "netns",
                production);
        ip("-n", production, "link", "set", "eth0", "up");
        ip("-n", appliance, "link", "set", "uplink", "up");
        ip("-n", appliance, "link", "set", "br0", "up");
    }

    @AfterEach
    void removeEverything() throws IOException {
        drills.removeAllBut(Set.of());
        namespaces.forEach(name -> ip("netns", "del", name));
        FileSystemUtils.deleteRecursively(directory);
    }

    private DrillNetworks networks(CommandRunner commands) {
        return new DrillNetworks(
                commands, directory.resolve("drills"), "test " + mark, "10.231.0.0/16", Optional.of(appliance));
    }

    private void addNamespace(String name) {
        ip("netns", "add", name);
        namespaces.add(name);
    }

    private static String ip(String... arguments) {
        return COMMANDS.run(Command.of("ip").and(arguments)).orThrow().output();
    }

    private static NetworkNamespace in(String namespace) {
        return new NetworkNamespace(Optional.of(Path.of("/run/netns", namespace)));
    }

    private DrillNetwork drill(String name) {
        return DrillNetwork.of("test " + mark, name);
    }

    /** A machine of the drill with the addresses that it has in production, where the appliance is its gateway. */
    private String guest(String drill, String name, String mac, int number) {
        String guest = mark + "-" + name;
        addNamespace(guest);
        String tap = DrillNetwork.tap(guest, 0);
        ip("-n", appliance, "link", "add", tap, "type", "veth", "peer", "name", "eth0", "netns", guest);
        ip("-n", guest, "link", "set", "eth0", "address", mac, "up");
        ip("-n", guest, "addr", "add", "203.0.113." + number + "/24", "dev", "eth0");
        ip("-n", guest, "addr", "add", "2001:db8::" + number + "/64", "dev", "eth0", "nodad");
        ip("-n", guest, "route", "add", "default", "via", GATEWAY);
        ip("-n", guest, "-6", "route", "add", "default", "via", "2001:db8::1");
        drills.ensure(drill);
        drills.plug(List.of(new DrillNetwork.Card(tap, drill)));
        return guest;
    }

    /** What a server on the guest says, heard by another guest. */
    private static String conversation(String server, String client, String address, String words) throws Exception {
        try (ServerSocket listening = in(server).run("listen", () -> {
            ServerSocket socket = new ServerSocket();
            socket.bind(new InetSocketAddress(address, PORT));
            return socket;
        })) {
            Thread answering = Thread.ofPlatform().daemon().start(() -> {
                try (Socket caller = listening.accept()) {
                    caller.getOutputStream().write(words.getBytes(java.nio.charset.StandardCharsets.UTF_8));
                } catch (IOException e) {
                    // The test ended first; the client's assertion tells.
                    return;
                }
            });
            String heard = in(client).run("call", () -> {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(address, PORT), 5000);
                    return new String(socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
                }
            });
            answering.join();
            return heard;
        }
    }

    private static boolean reaches(String from, String address, int port) throws Exception {
        return in(from).run("try", () -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, port), 400);
                return true;
            } catch (IOException e) {
                return false;
            }
        });
    }

    @Test
    void machinesOfOneDrillReachEachOtherWithTheirProductionAddresses() throws Exception {
        String web = guest("us-net-one", "web", WEB_MAC, 10);
        String database = guest("us-net-one", "db", DATABASE_MAC, 11);
        assertThat(conversation(database, web, "203.0.113.11", "over IPv4")).isEqualTo("over IPv4");
        assertThat(conversation(web, database, "2001:db8::10", "over IPv6")).isEqualTo("over IPv6");
        assertThat(ip("-n", web, "neigh", "show", "203.0.113.11")).contains(DATABASE_MAC);
    }

    @Test
    void twoDrillsOfTheSameMachinesDoNotMeet() throws Exception {
        String web = guest("us-net-one", "web1", WEB_MAC, 10);
        String database = guest("us-net-one", "db1", DATABASE_MAC, 11);
        String otherWeb = guest("us-net-two", "web2", WEB_MAC, 10);
        String otherDatabase = guest("us-net-two", "db2", DATABASE_MAC, 11);
        assertThat(conversation(database, web, "203.0.113.11", "one")).isEqualTo("one");
        assertThat(conversation(otherDatabase, otherWeb, "203.0.113.11", "two")).isEqualTo("two");
        ip("-n", otherDatabase, "link", "set", "eth0", "down");
        assertThat(conversation(database, web, "203.0.113.11", "still one")).isEqualTo("still one");
        assertThat(reaches(otherWeb, "203.0.113.11", PORT)).isFalse();
    }

    @Test
    void aGuestThatTriesEverythingIsNotSeenAnywhereOutside() throws Exception {
        String web = guest("us-net-one", "web", WEB_MAC, 10);
        guest("us-net-one", "db", DATABASE_MAC, 11);
        String neighbour = guest("us-net-two", "other", "52:54:00:d2:00:0c", 12);
        long seed = System.nanoTime();
        System.out.println("seed of the random frames: " + seed);
        List<FrameTrap> outside = new ArrayList<>();
        FrameTrap inside = new FrameTrap(drills.namespace("us-net-one"), MACS);
        try {
            outside.add(new FrameTrap(new NetworkNamespace(Optional.empty()), MACS));
            outside.add(new FrameTrap(in(appliance), MACS));
            outside.add(new FrameTrap(drills.namespace("us-net-two"), MACS));
            outside.add(new FrameTrap(in(neighbour), MACS));
            outside.add(new FrameTrap(in(production), MACS));
            try (ServerSocket onAppliance = in(appliance).run("listen", () -> new ServerSocket(PORT))) {
                for (String address :
                        List.of(GATEWAY, "203.0.113.12", "198.51.100.7", "10.231.0.1", "2001:db8::1", "2001:db8::12")) {
                    assertThat(reaches(web, address, PORT)).as(address).isFalse();
                }
                assertThat(reaches(appliance, GATEWAY, onAppliance.getLocalPort()))
                        .as("the appliance's port is open, for others")
                        .isTrue();
            }
            int sent = 0;
            for (byte[] frame : HostileFrames.of(WEB_MAC, applianceMac(), new Random(seed))) {
                FrameTrap.send(in(web), "eth0", frame);
                sent++;
            }
            int expected = sent;
            await("the frames have left the guest").until(() -> inside.caught().size() >= expected);
            byte[] proof = HostileFrames.arp(DATABASE_MAC, "192.0.2.77");
            FrameTrap.send(in(appliance), "br0", proof);
            await("the traps see what is sent on the appliance")
                    .until(() -> !outside.get(1).caught().isEmpty()
                            && !outside.get(4).caught().isEmpty());
        } finally {
            inside.close();
            for (FrameTrap trap : outside) {
                trap.close();
            }
        }
        assertThat(outside.get(0).caught()).as("on the host").isEmpty();
        assertThat(outside.get(1).caught())
                .as("on the appliance, but for the proof")
                .allMatch(frame -> frame.contains("c000024d"));
        assertThat(outside.get(2).caught()).as("in the other drill").isEmpty();
        assertThat(outside.get(3).caught()).as("at the other drill's machine").isEmpty();
        assertThat(outside.get(4).caught())
                .as("in the production network, but for the proof")
                .hasSize(1)
                .allMatch(frame -> frame.contains("c000024d"));
    }

    private String applianceMac() {
        String link = ip("-n", appliance, "-o", "link", "show", "dev", "br0");
        return link.replaceAll("(?s).*link/ether ([0-9a-f:]{17}).*", "$1");
    }

    @Test
    void aDrillsNamespaceHoldsNothingThatLeadsElsewhere() {
        guest("us-net-one", "web", WEB_MAC, 10);
        String namespace = drill("us-net-one").namespace();
        assertThat(ip("-n", namespace, "-o", "link", "show").lines())
                .hasSize(3)
                .allMatch(line -> line.matches("[0-9]+: (lo|drill0|ust[0-9a-f]{12}@.*):? .*"));
        assertThat(ip("-n", namespace, "route", "show").lines())
                .singleElement()
                .satisfies(route -> assertThat(route).startsWith("10.231."));
        assertThat(ip("-n", namespace, "-6", "addr", "show", "dev", "drill0")).isEmpty();
    }

    @Test
    void aCardThatTheHypervisorOpensIsOffUntilItIsInItsNetwork() {
        DrillNetwork.Card card = new DrillNetwork.Card(DrillNetwork.tap("us-x", 0), "us-net-one");
        drills.prepare(List.of(card));
        assertThat(ip("-n", appliance, "-o", "link", "show", "dev", card.tap())).contains("state DOWN");
        drills.prepare(List.of(card));
        drills.plug(List.of(card));
        drills.plug(List.of(card));
        assertThat(ip("-n", appliance, "-o", "link", "show")).doesNotContain(card.tap());
        assertThat(ip("-n", drill("us-net-one").namespace(), "-o", "link", "show", "dev", card.tap()))
                .contains("master drill0")
                .contains("UP");
        drills.removeCards(List.of(card));
        drills.removeCards(List.of(card));
        assertThat(ip("-n", drill("us-net-one").namespace(), "-o", "link", "show"))
                .doesNotContain(card.tap());
    }

    @Test
    void whatIsLeftOfAServerKilledAtAnyStepIsRemovedByTheNext() {
        String namespace = drill("us-net-cut").namespace();
        DrillNetwork.Card card = new DrillNetwork.Card(DrillNetwork.tap("us-cut", 0), "us-net-cut");
        boolean whole = false;
        int step = 0;
        for (; !whole; step++) {
            DrillNetworks cut = networks(new KilledAfter(step));
            try {
                cut.prepare(List.of(card));
                cut.plug(List.of(card));
                whole = true;
            } catch (Killed e) {
                assertThat(e).isNotNull();
            }
            drills.removeCards(List.of(card));
            drills.removeAllBut(Set.of());
            assertThat(Path.of("/run/netns", namespace)).as("step %d", step).doesNotExist();
            assertThat(directory.resolve("drills").resolve(namespace)).doesNotExist();
            assertThat(ip("-n", appliance, "-o", "link", "show")).doesNotContain(card.tap());
            assertThat(services(namespace)).as("step %d", step).isEmpty();
        }
        assertThat(step).as("steps that were cut").isGreaterThan(8);
    }

    @Test
    void aNetworkThatIsHalfThereIsMadeWhole() {
        String namespace = drill("us-net-mended").namespace();
        for (int step = 1; step < 6; step++) {
            int limit = step;
            assertThatThrownBy(() -> networks(new KilledAfter(limit)).ensure("us-net-mended"))
                    .isInstanceOf(Killed.class);
            drills.ensure("us-net-mended");
            assertThat(ip("-n", namespace, "-o", "link", "show", "dev", "drill0"))
                    .contains("UP");
            assertThat(services(namespace)).as("after %d", step).hasSize(1);
            drills.remove("us-net-mended");
            assertThat(services(namespace)).isEmpty();
        }
    }

    @Test
    void networksInUseAndThoseOfAnotherApplianceStay() throws IOException {
        DrillNetworks foreign = new DrillNetworks(
                COMMANDS, directory.resolve("foreign"), "another " + mark, "10.231.0.0/16", Optional.of(appliance));
        drills.ensure("us-net-used");
        drills.ensure("us-net-left");
        foreign.ensure("us-net-left");
        try {
            drills.removeAllBut(Set.of("us-net-used"));
            assertThat(drill("us-net-used").namespaceFile()).exists();
            assertThat(drill("us-net-left").namespaceFile()).doesNotExist();
            assertThat(DrillNetwork.of("another " + mark, "us-net-left").namespaceFile())
                    .exists();
        } finally {
            foreign.removeAllBut(Set.of());
        }
        assertThat(DrillNetwork.of("another " + mark, "us-net-left").namespaceFile())
                .doesNotExist();
    }

    /** Process ids of what runs in the name of a drill's network. */
    private List<Long> services(String namespace) {
        String leases =
                directory.resolve("drills").resolve(namespace).resolve("leases").toString();
        return ProcessHandle.allProcesses()
                .filter(process -> List.of(process.info().arguments().orElse(new String[0]))
                        .contains("--dhcp-leasefile=" + leases))
                .map(ProcessHandle::pid)
                .toList();
    }

    @SuppressWarnings("serial")
    private static final class Killed extends Error {
        Killed() {
            super("killed", null, false, false);
        }
    }

    /** Lets a number of commands through; at the next the server dies. */
    private static final class KilledAfter implements CommandRunner {

        private int left;

        KilledAfter(int commands) {
            this.left = commands;
        }

        @Override
        public CommandResult run(Command command) {
            if (left-- == 0) {
                throw new Killed();
            }
            return COMMANDS.run(command);
        }

        @Override
        public RunningProcess start(Command command, Path log) {
            throw new IllegalStateException("no process is started here");
        }
    }
}
