package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.Acceleration;
import org.understudy.server.hypervisor.MachineName;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.hypervisor.VirtualMachine.DiskBus;
import org.understudy.server.hypervisor.VirtualMachine.Firmware;
import org.understudy.server.hypervisor.VirtualMachine.Network;
import org.understudy.server.hypervisor.VirtualMachine.Nic;
import org.understudy.server.hypervisor.VirtualMachine.NicModel;
import org.understudy.server.kernel.ByteSize;

class DomainXmlTest {

    private static final Network DRILL = new Network.Isolated("drill-1");

    private static DomainXml xml(Acceleration acceleration, String machineType, Optional<String> bridge) {
        return new DomainXml(
                acceleration,
                "3f2c",
                machineType,
                Path.of("/usr/bin/qemu-system-x86_64"),
                Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd"),
                Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd"),
                new NetworkNames(bridge),
                path -> path.startsWith("/dev"));
    }

    private static VirtualMachine machine(
            Firmware firmware, DiskBus bus, NicModel card, Network network, String... disks) {
        return new VirtualMachine(
                new MachineName("us-0f6b"),
                "web \"01\" <db> & 'x' 服务器\n\u0001second line",
                2,
                ByteSize.ofMebibytes(768),
                firmware,
                bus,
                List.of(disks).stream().map(Path::of).toList(),
                List.of(new Nic(card, "52:54:00:AB:CD:EF", network)));
    }

    private static String golden(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(DomainXmlTest.class.getResourceAsStream(name), name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void anEmulatedBiosGuestOnVirtio() throws IOException {
        String text = xml(Acceleration.EMULATION, "auto", Optional.empty())
                .describe(machine(
                        Firmware.BIOS,
                        DiskBus.VIRTIO,
                        NicModel.VIRTIO,
                        DRILL,
                        "/pool/a & b/disk0.raw",
                        "/dev/zvol/t/disk1"));
        assertThat(text).isEqualTo(golden("bios-virtio-emulated.xml"));
    }

    @Test
    void anAcceleratedUefiGuestOnSataInProduction() throws IOException {
        String text = xml(Acceleration.KVM, "auto", Optional.of("br0"))
                .describe(machine(
                        Firmware.UEFI, DiskBus.SATA, NicModel.E1000E, new Network.Production(), "/pool/disk0.raw"));
        assertThat(text).isEqualTo(golden("uefi-sata-kvm.xml"));
    }

    @Test
    void aGuestOnNvmeGetsItsControllerByArguments() throws IOException {
        String text = xml(Acceleration.EMULATION, "auto", Optional.empty())
                .describe(machine(
                        Firmware.BIOS,
                        DiskBus.NVME,
                        NicModel.VMXNET3,
                        DRILL,
                        "/pool/a,b \"c\"/disk0.raw",
                        "/dev/loop7"));
        assertThat(text).isEqualTo(golden("bios-nvme.xml"));
    }

    @Test
    void aNetworkThatNothingLeaves() throws IOException {
        String text = NetworkXml.describe("us-net-drill-1", "usn0123456789", Subnet.of("10.231.7.0"));
        assertThat(text).isEqualTo(golden("isolated-network.xml"));
    }

    @ParameterizedTest
    @CsvSource({
        "auto, BIOS, VIRTIO, pc",
        "auto, UEFI, VIRTIO, q35",
        "auto, BIOS, SATA, q35",
        "auto, BIOS, NVME, q35",
        "auto, BIOS, IDE, pc",
        "pc-q35-7.2, BIOS, VIRTIO, pc-q35-7.2",
        "pc, BIOS, IDE, pc"
    })
    void theBoardFollowsTheBus(String setting, Firmware firmware, DiskBus bus, String board) {
        String text = xml(Acceleration.KVM, setting, Optional.empty())
                .describe(machine(firmware, bus, NicModel.VIRTIO, DRILL, "/pool/disk0.raw"));
        assertThat(text).contains("machine=\"" + board + "\"");
    }

    @Test
    void ideOnABoardThatHasNoneIsRefused() {
        assertThatThrownBy(() -> xml(Acceleration.KVM, "q35", Optional.empty())
                        .describe(machine(Firmware.BIOS, DiskBus.IDE, NicModel.E1000, DRILL, "/pool/disk0.raw")))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("understudy.hypervisor.machine-type");
    }

    @Test
    void whatIsWrittenIsReadBack() {
        DomainDescription read = DomainDescription.parse(xml(Acceleration.KVM, "auto", Optional.empty())
                .describe(machine(Firmware.BIOS, DiskBus.SATA, NicModel.E1000, DRILL, "/pool/disk0.raw")));
        assertThat(read.instance()).hasValue("3f2c");
        assertThat(read.networks()).isEmpty();
        assertThat(read.drillCards())
                .containsExactly(new DrillNetwork.Card(DrillNetwork.tap("us-0f6b", 0), "us-net-drill-1"));
        assertThat(read.bridges()).isEmpty();
        assertThat(read.macs()).containsExactly("52:54:00:ab:cd:ef");
    }

    @Test
    void anyTextIsANetworkId() {
        assertThat(NetworkNames.isolated("drill-1")).isEqualTo("us-net-drill-1");
        assertThat(NetworkNames.isolated("Ü / ' \" <")).matches("us-net-[0-9a-f]{32}");
        assertThat(NetworkNames.bridgeOf("us-net-drill-1")).hasSizeLessThanOrEqualTo(15);
    }
}
