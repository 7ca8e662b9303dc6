package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.ProblemException;
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

/** A takeover machine stands on a bridge of the host although libvirt lives in a namespace. The bridge has no other port. */
@Tag("platform")
class ProductionLinkPlatformTest {

    private static final String BRIDGE = "ustest0";
    private static final CommandRunner COMMANDS = new ProcessCommandRunner();

    private Path directory = Path.of("unset");

    @BeforeEach
    void makeBridge() throws Exception {
        directory = Files.createTempDirectory("us-pl");
        ip("link", "add", BRIDGE, "type", "bridge");
    }

    @AfterEach
    void removeBridge() throws Exception {
        ip("link", "del", BRIDGE);
        FileSystemUtils.deleteRecursively(directory);
    }

    private static String ip(String... arguments) {
        return COMMANDS.run(Command.of("ip").and(arguments)).orThrow().output();
    }

    private LibvirtAdapter open(String bridge) {
        return LibvirtAdapter.open(
                TestSettings.of(Map.of(
                        "understudy.hypervisor.acceleration",
                        "emulation",
                        "understudy.hypervisor.takeover-bridge",
                        bridge)),
                directory.resolve("libvirt"),
                COMMANDS,
                Clock.systemUTC());
    }

    @Test
    void theMachineIsPluggedIntoTheHostsBridge() {
        LibvirtAdapter adapter = open(BRIDGE);
        String namespace = adapter.daemon().orElseThrow().namespace();
        MachineName name = new MachineName("us-bridged");
        try {
            adapter.hypervisor()
                    .define(new VirtualMachine(
                            name,
                            "bridged",
                            1,
                            ByteSize.ofMebibytes(128),
                            Firmware.BIOS,
                            DiskBus.SATA,
                            List.of(TestGuest.blank(directory.resolve("disk.raw"), 1 << 20)),
                            List.of(new Nic(NicModel.E1000E, "52:54:00:77:00:01", new Network.Production()))));
            adapter.hypervisor().start(name);
            assertThat(adapter.hypervisor().machines())
                    .containsExactly(new MachineStatus(name, MachineStatus.State.RUNNING));
            assertThat(ip("-o", "link", "show", "master", BRIDGE)).contains("us");
            assertThat(ip("-n", namespace, "-o", "link", "show", "master", ProductionLink.INNER_BRIDGE))
                    .contains("us-uplink", "vnet");
            new ProductionLink(COMMANDS, BRIDGE, namespace).ensure();
            assertThat(ip("-o", "link", "show", "master", BRIDGE).lines()).hasSize(1);
        } finally {
            adapter.hypervisor().remove(name);
            adapter.close();
        }
        // The kernel takes a namespace's cables down in the background.
        await("the cable is gone")
                .until(() -> ip("-o", "link", "show", "master", BRIDGE).isEmpty());
    }

    @Test
    void aBridgeThatDoesNotExistIsSaid() {
        LibvirtAdapter adapter = open("nosuchbr0");
        try {
            assertThatThrownBy(() -> adapter.hypervisor().machines())
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("takeover-bridge");
        } finally {
            adapter.close();
            adapter.daemon().orElseThrow().stop();
        }
    }
}
