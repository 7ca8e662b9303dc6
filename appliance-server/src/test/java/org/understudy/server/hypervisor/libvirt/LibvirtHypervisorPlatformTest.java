package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.Hypervisor;
import org.understudy.server.hypervisor.HypervisorContract;
import org.understudy.server.hypervisor.MachineName;
import org.understudy.server.hypervisor.MachineStatus;
import org.understudy.server.hypervisor.TestGuest;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.hypervisor.VirtualMachine.DiskBus;
import org.understudy.server.hypervisor.VirtualMachine.Firmware;
import org.understudy.server.hypervisor.VirtualMachine.Network;
import org.understudy.server.hypervisor.VirtualMachine.Nic;
import org.understudy.server.hypervisor.VirtualMachine.NicModel;
import org.understudy.server.hypervisor.libvirt.LibvirtConfiguration.LibvirtAdapter;
import org.understudy.server.kernel.ByteSize;

/** The contract and the dangers of the real thing: libvirt in namespaces of its own, QEMU's emulation. */
@Tag("platform")
class LibvirtHypervisorPlatformTest extends HypervisorContract {

    private static final CommandRunner COMMANDS = new ProcessCommandRunner();
    private static final AtomicInteger COPIES = new AtomicInteger();
    private static Path root;
    private static Path directory;
    private static Path guest;
    private static LibvirtAdapter adapter;

    @BeforeAll
    static void startLibvirt() throws Exception {
        root = Files.createTempDirectory("us-hv");
        directory = Files.createDirectories(root.resolve("longer than the path of a socket may be ".repeat(3)));
        guest = TestGuest.make(directory, "hello");
        adapter = open();
    }

    @AfterAll
    static void endLibvirt() throws Exception {
        try {
            adapter.hypervisor()
                    .machines()
                    .forEach(status -> adapter.hypervisor().remove(status.name()));
        } finally {
            PrivateLibvirtd daemon = adapter.daemon().orElseThrow();
            adapter.close();
            assertThat(daemon.daemon()).as("libvirtd has ended").isEmpty();
            assertThat(daemon.namespaceFile()).doesNotExist();
            org.springframework.util.FileSystemUtils.deleteRecursively(root);
        }
    }

    private static LibvirtAdapter open() {
        return LibvirtAdapter.open(TestSettings.emulated(), directory.resolve("libvirt"), COMMANDS, Clock.systemUTC());
    }

    @Override
    protected Hypervisor hypervisor() {
        return adapter.hypervisor();
    }

    @Override
    protected Path bootableDisk() {
        return TestGuest.copy(guest, directory.resolve("copy " + COPIES.incrementAndGet() + ", ü.raw"));
    }

    @Override
    protected Path blankDisk() {
        return TestGuest.blank(directory.resolve("blank-" + COPIES.incrementAndGet() + ".raw"), 1 << 20);
    }

    @Override
    protected void crash(MachineName name) {
        ProcessHandle.of(qemu(name)).orElseThrow().destroyForcibly();
    }

    private static long qemu(MachineName name) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().command().orElse("").contains("qemu-system"))
                .filter(process -> List.of(process.info().arguments().orElse(new String[0]))
                        .contains("guest=" + name + ",debug-threads=on"))
                .mapToLong(ProcessHandle::pid)
                .findFirst()
                .orElseThrow();
    }

    private static void withLibvirt(LibvirtWork work) {
        adapter.hypervisor().machines(); // returns when the daemon is up
        try {
            Connect libvirt = new Connect(adapter.daemon().orElseThrow().uri());
            work.on(libvirt);
            libvirt.close();
        } catch (LibvirtException e) {
            throw new IllegalStateException(e);
        }
    }

    private interface LibvirtWork {
        void on(Connect libvirt) throws LibvirtException;
    }

    @Override
    protected void defineForeign(MachineName name) {
        withLibvirt(libvirt -> libvirt.domainDefineXML("<domain type='qemu'><name>" + name
                + "</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os></domain>"));
    }

    @Override
    protected boolean foreignExists(MachineName name) {
        boolean[] found = new boolean[1];
        withLibvirt(libvirt -> found[0] = List.of(libvirt.listDefinedDomains()).contains(name.value()));
        return found[0];
    }

    @Override
    protected void removeForeign(MachineName name) {
        withLibvirt(libvirt -> libvirt.domainLookupByName(name.value()).undefine());
    }

    @Override
    protected String ask(InetAddress address) throws Exception {
        var connection = (java.net.HttpURLConnection)
                URI.create("http://" + address.getHostAddress() + "/").toURL().openConnection();
        connection.setConnectTimeout(1000);
        connection.setReadTimeout(5000);
        connection.setRequestProperty("Connection", "close");
        try (var body = connection.getInputStream()) {
            return new String(body.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private static List<String> networks() {
        String[][] names = new String[2][];
        withLibvirt(libvirt -> {
            names[0] = libvirt.listNetworks();
            names[1] = libvirt.listDefinedNetworks();
        });
        return java.util.stream.Stream.of(names)
                .flatMap(java.util.stream.Stream::of)
                .toList();
    }

    @Test
    void anIsolatedNetworkGoesWithItsLastMachine() {
        MachineName first = newName();
        MachineName second = newName();
        hypervisor().define(machine(first, blankDisk(), "shared"));
        hypervisor().define(machine(second, blankDisk(), "shared"));
        hypervisor().start(first);
        hypervisor().start(second);
        assertThat(drills()).hasSize(1);
        assertThat(cards(drills().getFirst())).hasSize(2);
        hypervisor().remove(first);
        assertThat(cards(drills().getFirst())).hasSize(1);
        hypervisor().remove(second);
        assertThat(drills()).isEmpty();
        assertThat(networks()).as("libvirt knows nothing of them").isEmpty();
    }

    @Test
    void aDrillsMachineThatDoesNotStartLeavesNothingBehind() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk().resolveSibling("no such disk.raw"), "failing"));
        assertProblem(ProblemCode.VM_START_FAILED, () -> hypervisor().start(name));
        assertThat(home()).doesNotContain("ust");
        hypervisor().remove(name);
        assertThat(drills()).isEmpty();
    }

    @Test
    void aStartThatWasCutShortIsFinishedByTheNextServer() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk(), "cut"));
        hypervisor().start(name);
        // As if the server had been killed between the hypervisor's start and the plugging in of the card.
        String tap = DrillNetwork.tap(name.value(), 0);
        withLibvirt(libvirt -> libvirt.domainLookupByName(name.value()).suspend());
        ip("-n", drills().getFirst(), "link", "set", tap, "netns", daemonNamespace());
        assertThat(home()).contains(tap);
        adapter.close();
        adapter = open();
        await().untilAsserted(() ->
                assertThat(hypervisor().machine(name)).hasValue(new MachineStatus(name, MachineStatus.State.RUNNING)));
        assertThat(home()).doesNotContain(tap);
        assertThat(cards(drills().getFirst())).hasSize(1);
    }

    @Test
    void aDrillsNetworkWithoutAMachineIsRemovedByTheNextServer() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk(), "orphan"));
        hypervisor().start(name);
        MachineName other = newName();
        hypervisor().define(machine(other, blankDisk(), "kept"));
        hypervisor().start(other);
        withLibvirt(libvirt -> {
            libvirt.domainLookupByName(name.value()).destroy();
            libvirt.domainLookupByName(name.value()).undefine();
        });
        assertThat(drills()).hasSize(2);
        adapter.close();
        adapter = open();
        assertThat(hypervisor().machines()).containsExactly(new MachineStatus(other, MachineStatus.State.RUNNING));
        assertThat(drills()).hasSize(1);
    }

    private static String ip(String... arguments) {
        return COMMANDS.run(Command.of("ip").and(arguments)).orThrow().output();
    }

    private static String daemonNamespace() {
        return adapter.daemon().orElseThrow().namespace();
    }

    /** What is where the hypervisor opens its cards. */
    private static String home() {
        return ip("-n", daemonNamespace(), "-o", "link", "show");
    }

    /** The namespaces of this appliance's drills. */
    private static List<String> drills() {
        try {
            String prefix = DrillNetwork.prefix(
                    Files.readString(directory.resolve("libvirt/instance-id")).strip());
            return ip("netns", "list")
                    .lines()
                    .map(line -> line.split(" ")[0])
                    .filter(namespace -> namespace.startsWith(prefix))
                    .sorted()
                    .toList();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<String> cards(String drill) {
        return ip("-n", drill, "-o", "link", "show", "master", DrillNetwork.BRIDGE)
                .lines()
                .toList();
    }

    @Test
    void everyIsolatedNetworkHasASubnetOfItsOwn() {
        for (int i = 0; i < 3; i++) {
            MachineName name = newName();
            hypervisor().define(machine(name, blankDisk(), "net-" + i));
            hypervisor().start(name);
        }
        assertThat(drills().stream()
                        .map(drill -> ip("-n", drill, "-4", "-o", "addr", "show", DrillNetwork.BRIDGE)
                                .replaceAll("(?s).*inet ([0-9.]+)/.*", "$1"))
                        .distinct())
                .hasSize(3);
    }

    @Test
    void withoutABridgeProductionIsANetworkThatNothingLeaves() {
        MachineName name = newName();
        VirtualMachine isolated = machine(name, blankDisk(), "unused");
        hypervisor()
                .define(new VirtualMachine(
                        name,
                        "production",
                        1,
                        isolated.memory(),
                        Firmware.BIOS,
                        DiskBus.SATA,
                        isolated.disks(),
                        List.of(new Nic(NicModel.E1000E, "52:54:00:00:00:99", new Network.Production()))));
        hypervisor().start(name);
        assertThat(networks()).containsExactly(NetworkNames.PRODUCTION);
    }

    @ParameterizedTest
    @CsvSource({
        "BIOS, VIRTIO, VIRTIO",
        "BIOS, SATA, E1000E",
        "BIOS, IDE, E1000",
        "BIOS, NVME, VMXNET3",
        "BIOS, IDE, RTL8139",
        "UEFI, VIRTIO, VIRTIO",
        "UEFI, SATA, E1000E",
        "UEFI, NVME, E1000"
    })
    void everyHardwareProfileStarts(Firmware firmware, DiskBus bus, NicModel card) {
        MachineName name = newName();
        hypervisor()
                .define(new VirtualMachine(
                        name,
                        "profile",
                        2,
                        ByteSize.ofMebibytes(128),
                        firmware,
                        bus,
                        List.of(blankDisk(), blankDisk()),
                        List.of(new Nic(card, "52:54:00:00:00:77", new Network.Isolated("profile")))));
        hypervisor().start(name);
        assertThat(hypervisor().machine(name).orElseThrow().state()).isEqualTo(MachineStatus.State.RUNNING);
        assertThat(hypervisor().screenshot(name)).startsWith(0x89, 'P', 'N', 'G');
    }

    @Test
    void noMachineListensOnATcpPort() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk(), "ports"));
        hypervisor().start(name);
        String listening = COMMANDS.run(Command.of(
                        "ip", "netns", "exec", adapter.daemon().orElseThrow().namespace(), "ss", "-Hltnp"))
                .orThrow()
                .output();
        assertThat(listening).doesNotContain("qemu").doesNotContain("libvirtd");
    }

    @Test
    void anAdapterThatStartsAgainFindsTheRunningMachine() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk(), "restart"));
        hypervisor().start(name);
        long libvirtd = adapter.daemon().orElseThrow().daemon().orElseThrow();
        adapter.close();
        adapter = open();
        assertThat(hypervisor().machines()).containsExactly(new MachineStatus(name, MachineStatus.State.RUNNING));
        assertThat(adapter.daemon().orElseThrow().daemon()).hasValue(libvirtd);
    }

    @Test
    void aKilledLibvirtdIsUnavailableOnceAndThenFindsItsMachinesAgain() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk(), "killed"));
        hypervisor().start(name);
        long process = qemu(name);
        ProcessHandle libvirtd = ProcessHandle.of(
                        adapter.daemon().orElseThrow().daemon().orElseThrow())
                .orElseThrow();
        libvirtd.destroyForcibly();
        await().until(() -> !libvirtd.isAlive());
        assertThatThrownBy(() -> hypervisor().machines())
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.HYPERVISOR_UNAVAILABLE));
        await().atMost(Duration.ofSeconds(60))
                .ignoreException(ProblemException.class)
                .untilAsserted(() -> assertThat(hypervisor().machines())
                        .containsExactly(new MachineStatus(name, MachineStatus.State.RUNNING)));
        assertThat(qemu(name)).as("the guest was not started again").isEqualTo(process);
        hypervisor().stop(name);
        assertThat(hypervisor().machine(name).orElseThrow().state()).isEqualTo(MachineStatus.State.DEFINED);
    }

    @Test
    void theTestGuestRunsUnderEmulation() {
        AccelerationProbe probe = new AccelerationProbe(
                COMMANDS,
                Clock.systemUTC(),
                TestSettings.emulated().emulator(),
                directory.resolve("probe"),
                Duration.ofSeconds(30));
        assertThat(probe.runs("tcg")).isTrue();
        assertThat(probe.runs("no-such-accelerator")).isFalse();
    }

    @Test
    void theAnswerOfTheTestGuestIsRemembered() throws Exception {
        Path remembered = directory.resolve("remembered");
        AccelerationProbe first = new AccelerationProbe(
                COMMANDS, Clock.systemUTC(), TestSettings.emulated().emulator(), remembered, Duration.ofSeconds(20));
        var answer = first.answer();
        Files.deleteIfExists(remembered.resolve("test-kvm.img"));
        AccelerationProbe second = new AccelerationProbe(
                COMMANDS, Clock.systemUTC(), TestSettings.emulated().emulator(), remembered, Duration.ofSeconds(20));
        assertThat(second.answer()).isEqualTo(answer);
        assertThat(remembered.resolve("test-kvm.img")).as("not tested again").doesNotExist();
    }

    @Test
    void aPoolThatIsMountedLaterIsSeenByMachines() throws Exception {
        Path pool = Files.createDirectories(directory.resolve("later"));
        COMMANDS.run(Command.of("mount", "-t", "tmpfs", "tmpfs", pool.toString()))
                .orThrow();
        try {
            MachineName name = newName();
            hypervisor().define(machine(name, TestGuest.blank(pool.resolve("disk.raw"), 1 << 20), "later"));
            hypervisor().start(name);
            assertThat(hypervisor().machine(name).orElseThrow().state()).isEqualTo(MachineStatus.State.RUNNING);
            hypervisor().remove(name);
        } finally {
            COMMANDS.run(Command.of("umount", pool.toString())).orThrow();
        }
    }
}
